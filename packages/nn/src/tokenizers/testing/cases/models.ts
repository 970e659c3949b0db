import {
  bpe,
  bytes,
  type Case,
  LETTERS,
  merges,
  type Part,
  TEXTS,
  unigram,
  vocabularyOf,
  whole,
} from "./parts.ts";

const PREFIXED = {
  vocab: vocabularyOf([
    "<unk>",
    ...LETTERS,
    ...LETTERS.map((one) => `##${one}`),
    ...LETTERS.map((one) => `##${one}</w>`),
    ...LETTERS.map((one) => `${one}</w>`),
    "th",
    "the</w>",
    "##he</w>",
  ]),
  merges: ["t ##h", "##h ##e</w>", "th ##e</w>"],
};

export const bpeCases: Case[] = (
  [
    ["unknown tokens apart", { byte_fallback: false, fuse_unk: false }],
    ["unknown tokens fused", { fuse_unk: true }],
    ["bytes", { byte_fallback: true }],
    [
      "bytes of which some are missing",
      {
        byte_fallback: true,
        fuse_unk: true,
        vocab: vocabularyOf([
          "<unk>",
          ...LETTERS,
          "th",
          "the",
          "he",
          "▁t",
          "▁the",
          "ll",
          "o,",
          "er",
          "qu",
          ...bytes.slice(0, 0xe5),
        ]),
      },
    ],
    [
      "bytes and nothing unknown",
      {
        byte_fallback: true,
        unk_token: null,
        vocab: vocabularyOf([
          ...LETTERS,
          "th",
          "the",
          "he",
          "▁t",
          "▁the",
          "ll",
          "o,",
          "er",
          "qu",
          ...bytes,
        ]),
      },
    ],
    ["nothing for the unknown", { unk_token: null }],
    ["unknown token missing", { unk_token: "<none>" }],
    ["merges ignored for whole words", { ignore_merges: true }],
    ["merges as pairs", { merges: merges.map((pair) => pair.split(" ")) }],
    ["no dropout", { dropout: 0 }],
    ["prefix", { ...PREFIXED, continuing_subword_prefix: "##", merges: ["t ##h"] }],
    ["suffix", { ...PREFIXED, end_of_word_suffix: "</w>", merges: ["t h"] }],
    [
      "prefix and suffix",
      { ...PREFIXED, continuing_subword_prefix: "##", end_of_word_suffix: "</w>" },
    ],
  ] as [string, Part][]
).flatMap(([name, changes]) =>
  [
    null,
    { type: "WhitespaceSplit" },
    { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  ].map((pre_tokenizer) => ({
    name: `BPE: ${name}, ${pre_tokenizer?.type ?? "whole"}`,
    settings: whole({
      model: bpe(changes),
      pre_tokenizer,
      decoder: name.startsWith("bytes")
        ? {
            type: "Sequence",
            decoders: [
              { type: "Replace", pattern: { String: "▁" }, content: " " },
              { type: "ByteFallback" },
              { type: "Fuse" },
              { type: "Strip", content: " ", start: 1, stop: 0 },
            ],
          }
        : name.includes("suffix")
          ? { type: "BPEDecoder", suffix: "</w>" }
          : { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    }),
    texts: [...TEXTS.slice(0, 5), "the quick thehe 𝕏x𝕏 ééé the"],
  })),
);

export const unigramCases: Case[] = [
  ["plain", unigram({})],
  ["bytes", unigram({ byte_fallback: true }, ["<unk>", ...LETTERS, "▁the", "日本", ...bytes])],
  [
    "bytes of which some are missing",
    unigram({ byte_fallback: true }, [
      "<unk>",
      ...LETTERS,
      "▁the",
      "日本",
      ...bytes.slice(0, 0xe4),
    ]),
  ],
  ["no unknown token", unigram({ unk_id: null })],
].map(([name, model]) => ({
  name: `Unigram: ${name}`,
  settings: whole({
    model,
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  }),
  texts: [...TEXTS, "the quick 日本語日 xéè中y  the"],
}));
