import { addedCases } from "./cases/added-tokens.ts";
import { bpeCases, unigramCases } from "./cases/models.ts";
import {
  added,
  BEHAVIORS,
  bpe,
  byteLetters,
  type Case,
  CHARSMAP,
  LETTERS,
  LLAMA3,
  normalized,
  type Part,
  pieces,
  preTokenized,
  REGEXES,
  TEXTS,
  vocabularyOf,
  whole,
} from "./cases/parts.ts";
import { BERT, bertCases } from "./cases/word-piece.ts";

const metaspace = ["always", "first", "never"].flatMap((prepend_scheme) =>
  [true, false].map((split) =>
    preTokenized(
      `Metaspace ${prepend_scheme} ${split}`,
      { type: "Metaspace", replacement: "▁", prepend_scheme, split },
      {
        added_tokens: [added("<s>", pieces(["<s>"]).vocab["<s>"] as number)],
        model: pieces(["<s>"]),
        decoder: { type: "Metaspace", replacement: "▁", prepend_scheme, split },
      },
    ),
  ),
);

const wordLevel = whole({
  model: {
    type: "WordLevel",
    unk_token: "<unk>",
    vocab: vocabularyOf(["<unk>", "the", "quick", "fox", "Hello", ",", "世"]),
  },
  pre_tokenizer: { type: "Whitespace" },
});

const byteLevelModel = bpe({
  unk_token: null,
  vocab: vocabularyOf([...byteLetters, "Ġt", "he", "Ġthe", "Ã©"]),
  merges: ["Ġ t", "h e", "Ġt he", "Ã ©"],
});

const byteLevel = (add_prefix_space: boolean, use_regex: boolean): Case => ({
  name: `byte-level, prefix ${add_prefix_space}, expression ${use_regex}`,
  settings: whole({
    model: byteLevelModel,
    added_tokens: [added("<s>", 260), added("zz", 261, { special: false })],
    pre_tokenizer: { type: "ByteLevel", add_prefix_space, trim_offsets: true, use_regex },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  }),
  texts: TEXTS,
});

const S = (pattern: Part, behavior: string, invert = false): Part => ({
  type: "Split",
  pattern,
  behavior,
  invert,
});

export const CASES: readonly Case[] = [
  ...BEHAVIORS.flatMap((behavior) => [
    preTokenized(`Punctuation ${behavior}`, { type: "Punctuation", behavior }),
    ...[false, true].flatMap((invert) => [
      preTokenized(`Split by a text ${behavior} ${invert}`, S({ String: " " }, behavior, invert)),
      preTokenized(
        `Split by words ${behavior} ${invert}`,
        S({ Regex: "\\w+|[.!?]" }, behavior, invert),
      ),
    ]),
  ]),
  ...REGEXES.map((Regex) =>
    preTokenized(`Split by ${Regex.slice(0, 30)}`, S({ Regex }, "Isolated")),
  ),
  ...[
    { type: "Whitespace" },
    { type: "WhitespaceSplit" },
    { type: "BertPreTokenizer" },
    { type: "Digits", individual_digits: true },
    { type: "Digits", individual_digits: false },
    { type: "CharDelimiterSplit", delimiter: "e" },
    { type: "FixedLength", length: 3 },
    {
      type: "Sequence",
      pretokenizers: [
        { type: "WhitespaceSplit" },
        { type: "Punctuation", behavior: "Isolated" },
        { type: "Digits", individual_digits: true },
      ],
    },
  ].map((one) => preTokenized(`${one.type} ${Object.values(one).length}`, one)),
  ...metaspace,
  byteLevel(true, true),
  byteLevel(true, false),
  byteLevel(false, true),
  byteLevel(false, false),
  {
    name: "as Llama 3",
    settings: whole({
      model: { ...byteLevelModel, ignore_merges: true },
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          S({ Regex: LLAMA3 }, "Isolated"),
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
        ],
      },
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    }),
    texts: TEXTS,
  },
  ...[
    { type: "NFC" },
    { type: "NFD" },
    { type: "NFKC" },
    { type: "NFKD" },
    { type: "Lowercase" },
    { type: "Strip", strip_left: true, strip_right: true },
    { type: "Strip", strip_left: false, strip_right: true },
    { type: "StripAccents" },
    { type: "Nmt" },
    { type: "ByteLevel" },
    BERT,
    { type: "Precompiled", precompiled_charsmap: CHARSMAP },
    { type: "Prepend", prepend: "▁" },
    { type: "Replace", pattern: { String: " " }, content: "▁" },
    { type: "Replace", pattern: { Regex: " {2,}|[aeiou]+" }, content: "-" },
    { type: "Replace", pattern: { Regex: "x*" }, content: "$" },
    {
      type: "Sequence",
      normalizers: [
        { type: "NFD" },
        { type: "StripAccents" },
        { type: "Lowercase" },
        { type: "Strip", strip_left: true, strip_right: false },
      ],
    },
  ].map((one, index) => normalized(`${one.type} ${index}`, one)),
  ...addedCases,
  ...bertCases,
  ...bpeCases,
  ...unigramCases,
  { name: "WordLevel", settings: wordLevel, texts: TEXTS },
  ...[
    { type: "CTC", pad_token: "<pad>", word_delimiter_token: "|", cleanup: true },
    { type: "Fuse" },
    { type: "Strip", content: "t", start: 2, stop: 0 },
    { type: "Replace", pattern: { Regex: "[aeiou]" }, content: "*" },
  ].map((decoder) => ({
    name: `decoder ${decoder.type}`,
    settings: whole({
      model: bpe({
        vocab: vocabularyOf(["<pad>", "|", "tt", "ttt", ...LETTERS]),
        merges: ["t t"],
        unk_token: "<pad>",
      }),
      decoder,
    }),
    texts: ["hello|ttt|t the  nn't bott .", "tt", "éaé"],
  })),
];
