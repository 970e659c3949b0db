import { added, type Case, type Part, TEXTS, vocabularyOf, whole } from "./parts.ts";

const wordPiece: Part = {
  type: "WordPiece",
  unk_token: "[UNK]",
  continuing_subword_prefix: "##",
  max_input_chars_per_word: 100,
  vocab: vocabularyOf([
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[PAD]",
    "[MASK]",
    "the",
    "hello",
    "quick",
    "##ick",
    "##ck",
    "q",
    "qu",
    "jump",
    "##s",
    "it",
    "'",
    "s",
    "!",
    ",",
    ".",
    "test",
    "##ing",
    "é",
    "e",
    "##e",
    "naive",
    "unicode",
    "中",
    "文",
    "日",
    "𠀀",
    "##𠀀",
    "un",
    "##ic",
    "##od",
  ]),
};

export const BERT = {
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};

const bert = (parts: Part): object =>
  whole({
    added_tokens: ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"].map((token, id) =>
      added(token, id),
    ),
    normalizer: BERT,
    pre_tokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: wordPiece,
    ...parts,
  });

const BERT_TEXTS = [
  ...TEXTS.slice(0, 5),
  "the [MASK] jumps testing",
  `${"q".repeat(101)} the`,
  "quicks, naïve! do not n't 's",
];

const TEMPLATE = {
  type: "TemplateProcessing",
  single: [
    { SpecialToken: { id: "[CLS]", type_id: 0 } },
    { Sequence: { id: "A", type_id: 0 } },
    { SpecialToken: { id: "[SEP]", type_id: 0 } },
  ],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: {
    "[CLS]": { id: "[CLS]", ids: [1], tokens: ["[CLS]"] },
    "[SEP]": { id: "[SEP]", ids: [2, 3], tokens: ["[SEP]", "[PAD]"] },
  },
};

export const bertCases: Case[] = (
  [
    ["template", { post_processor: TEMPLATE }],
    [
      "processing of BERT",
      { post_processor: { type: "BertProcessing", sep: ["[SEP]", 2], cls: ["[CLS]", 1] } },
    ],
    [
      "processing of RoBERTa",
      {
        post_processor: {
          type: "RobertaProcessing",
          sep: ["[SEP]", 2],
          cls: ["[CLS]", 1],
          trim_offsets: true,
          add_prefix_space: false,
        },
      },
    ],
    [
      "processors in a sequence",
      {
        post_processor: {
          type: "Sequence",
          processors: [
            { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
            TEMPLATE,
          ],
        },
      },
    ],
    [
      "truncation right",
      {
        post_processor: TEMPLATE,
        truncation: { direction: "Right", max_length: 7, strategy: "LongestFirst", stride: 0 },
      },
    ],
    [
      "truncation left",
      {
        post_processor: TEMPLATE,
        truncation: { direction: "Left", max_length: 7, strategy: "LongestFirst", stride: 2 },
      },
    ],
    [
      "padding fixed",
      {
        padding: {
          strategy: { Fixed: 12 },
          direction: "Right",
          pad_to_multiple_of: null,
          pad_id: 3,
          pad_type_id: 0,
          pad_token: "[PAD]",
        },
      },
    ],
    [
      "padding left to a multiple",
      {
        padding: {
          strategy: "BatchLongest",
          direction: "Left",
          pad_to_multiple_of: 8,
          pad_id: 3,
          pad_type_id: 0,
          pad_token: "[PAD]",
        },
        truncation: { direction: "Right", max_length: 20, strategy: "OnlyFirst", stride: 0 },
      },
    ],
    ["cased", { normalizer: { ...BERT, lowercase: false } }],
    ["accents kept", { normalizer: { ...BERT, strip_accents: false } }],
    ["accents stripped, cased", { normalizer: { ...BERT, lowercase: false, strip_accents: true } }],
    [
      "nothing cleaned",
      { normalizer: { ...BERT, clean_text: false, handle_chinese_chars: false } },
    ],
    [
      "short words, no cleaning up",
      {
        model: { ...wordPiece, max_input_chars_per_word: 4 },
        decoder: { type: "WordPiece", prefix: "##", cleanup: false },
      },
    ],
    ["another prefix", { model: { ...wordPiece, continuing_subword_prefix: "" } }],
  ] as [string, Part][]
).map(([name, parts]) => ({
  name: `WordPiece: ${name}`,
  settings: bert(parts),
  texts: BERT_TEXTS,
}));
