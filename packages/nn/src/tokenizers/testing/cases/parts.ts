import { charsmap } from "../charsmap.ts";

/** A tokenizer.json and texts for it. */
export interface Case {
  readonly name: string;
  readonly settings: object;
  readonly texts: readonly string[];
}

export type Part = Readonly<Record<string, unknown>>;

/** Texts with what implementations differ in: cases, spaces, scripts, marks, and characters of every length. */
export const TEXTS: readonly string[] = [
  "Hello, world!  It's 2026's (3.50) test.",
  " the quick brown\tfox\n\njumps over  ",
  "Ünïcödé naïve ΑΣΟΣ ΣΑΣ İstanbul ſtraße ǅ",
  "日本語テキスト 中文𠀀𫝀𫠠𫤠 한국어 ไทย १२३ ٤٥ Ⅷ ½ ²",
  "emoji 😀👩‍👧🇩🇪 e\u0301 \u{1D54F}\u{10FFFF}\u{E000} zero\u200Bwidth\u200Djoin\uFEFFbom",
  "a\u0085b\u00A0c\u3000d\u2028e\u1680f\u180Eg\rh\u000Bi\0j\u0007k",
  "¿Qué? «x» — “y” … ¡no! $5 < 6 + 7 = `z` ~ ^_^ a_b-c।۔、。",
  "<s>[MASK] the<s> a[MASK]b  <tok>  x<tok>the the</s>",
  "",
];

export const vocabularyOf = (tokens: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));

export const LETTERS = [
  ..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,!?'▁-_$()",
];

export const bytes = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
);

const printable = (byte: number): boolean =>
  (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;

let beyond = 0;

export const byteLetters = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(printable(byte) ? byte : 256 + beyond++),
);

export const added = (content: string, id: number, changes: Part = {}): Part => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...changes,
});

export const whole = (parts: Part): object => ({
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  ...parts,
});

/** Every code point of the texts is a word, so that ids tell what a text was divided into. */
export const pieces = (
  extra: readonly string[] = [],
): Part & { vocab: Record<string, number> } => ({
  type: "BPE",
  dropout: null,
  unk_token: "<unk>",
  continuing_subword_prefix: "@",
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  vocab: vocabularyOf([
    "<unk>",
    ...new Set(TEXTS.flatMap((text) => [...text])),
    ...new Set(TEXTS.flatMap((text) => [...text].map((one) => `@${one}`))),
    "▁",
    "@▁",
    "x",
    "@x",
    ...byteLetters,
    ...byteLetters.map((one) => `@${one}`),
    ...extra,
  ]),
  merges: [],
});

export const preTokenized = (name: string, pre_tokenizer: Part, parts: Part = {}): Case => ({
  name,
  settings: whole({ model: pieces(), pre_tokenizer, ...parts }),
  texts: TEXTS,
});

export const normalized = (name: string, normalizer: Part, parts: Part = {}): Case => ({
  name,
  settings: whole({
    model: {
      ...pieces(),
      unk_token: null,
      byte_fallback: true,
      continuing_subword_prefix: null,
      vocab: vocabularyOf([...bytes, ...LETTERS]),
    },
    normalizer,
    ...parts,
  }),
  texts: TEXTS,
});

export const BEHAVIORS = [
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
];

export const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const O200K =
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

export const REGEXES = [
  LLAMA3,
  O200K,
  "\\w+|[^\\w\\s]+",
  "\\d",
  "\\p{Han}+|\\p{Greek}|[\\p{Thai}]",
  "[[:alpha:]]+|[[:space:]]",
  "(?i:[sdmt]|k|the)",
  "a|ab|[^\\x00-\\x7F]",
  "\\b",
  "(?<=o)w|(?<!a)t|l(?!d)",
  "x*",
  "t??e|(?>o+)r",
  "(?:[aeiou]{2,}|\\s{2,3})+?",
  "^.|.$",
  "\\h+|\\S(?=\\s)",
  "[^(\\s|[.,!?…。，、।۔،])]+",
  "[a-m&&[^c-e]]+",
  "(?<name>o|r)\\s?",
  ".",
  "[[:punct:]]+|(?i:[^s\\W]\\p{Lu})",
  "\\p{Punct}|\\p{Word}",
  "\\.|\\u0061|\\x{e9}|\\x20",
];

/** Some characters, clusters of them, and one that is the beginning of others. */
export const CHARSMAP: string = charsmap({
  ﬁ: "fi",
  Ⅷ: "VIII",
  "\u00A0": " ",
  "\u3000": " ",
  "\u200B": "",
  "e\u0301": "é",
  e: "E",
  日: "Sun",
  "😀": ":)",
  "½": "1/2",
});

export const merges = ["t h", "th e", "h e", "▁ t", "▁t he", "▁ the", "l l", "o ,", "e r", "q u"];

export const bpe = (changes: Part): Part => ({
  type: "BPE",
  dropout: null,
  unk_token: "<unk>",
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
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
    "quick",
    ...bytes,
  ]),
  merges,
  ...changes,
});

const scored = (tokens: readonly string[]): [string, number][] =>
  tokens.map((token, index) => [token, -((index * 7) % 11) - 1 + [...token].length * 0.25]);

export const unigram = (
  changes: Part,
  tokens: readonly string[] = [
    "<unk>",
    ...LETTERS,
    "▁the",
    "th",
    "he",
    "the",
    "▁quick",
    "ui",
    "ck",
    "ll",
    "日本",
    "日",
    "本語",
    "😀",
    "▁▁",
  ],
): Part => ({
  type: "Unigram",
  unk_id: 0,
  vocab: scored([...new Set(tokens)]),
  byte_fallback: false,
  ...changes,
});
