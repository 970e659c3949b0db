import { added, type Case, LETTERS, pieces, TEXTS, vocabularyOf, whole } from "./parts.ts";

const TOKENS = [
  added("<unk>", 0),
  added("<s>", 1),
  added("[MASK]", 2),
  added("<tok>", 3),
  added("the", 4, { special: false, normalized: true }),
];

const tokenFlags = [
  {},
  { lstrip: true },
  { rstrip: true },
  { lstrip: true, rstrip: true },
  { single_word: true },
  { normalized: true },
  { special: false, normalized: true, single_word: true, rstrip: true },
];

export const addedCases: Case[] = tokenFlags.flatMap((flags, index) =>
  [null, { type: "Lowercase" }].map((normalizer) => ({
    name: `added tokens ${index} ${normalizer?.type ?? "as they are"}`,
    settings: whole({
      normalizer,
      added_tokens: TOKENS.map((token) => (token.id === 0 ? token : { ...token, ...flags })),
      model: {
        ...pieces(),
        continuing_subword_prefix: null,
        vocab: vocabularyOf(["<unk>", "<s>", "[MASK]", "<tok>", "the", ...LETTERS, ..."[]<>/"]),
      },
    }),
    texts: [
      ...TEXTS.slice(0, 2),
      "<s>the <tok> a<tok>b  [MASK]  <s> <s>  theo the, other THE [mask]",
      " <tok><tok> \u00A0[MASK]\u3000x é<s>é 𝕏<s>𝕏 _<s>- \t<s>",
      "<s",
    ],
  })),
);
