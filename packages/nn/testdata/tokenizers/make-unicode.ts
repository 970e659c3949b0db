/**
 * Writes src/tokenizers/hugging-face/unicode-newer.ts: the characters that the reference implementation (the
 * package `tokenizers`) classifies otherwise than this machine's JavaScript, whose Unicode is newer.
 *
 *   node packages/nn/testdata/tokenizers/make-unicode.ts
 */
import { writeFileSync } from "node:fs";
import {
  bertNormalizer,
  bertPreTokenizer,
  nfdNormalizer,
  nfkdNormalizer,
  stripAccentsNormalizer,
  Tokenizer,
  whitespacePreTokenizer,
} from "tokenizers";

const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const options = { cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false };
const accents = bertNormalizer({ ...options, stripAccents: true });
const clean = bertNormalizer({ ...options, cleanText: true });
const [nfd, nfkd, marks] = [nfdNormalizer(), nfkdNormalizer(), stripAccentsNormalizer()];
const [bert, whitespace] = [bertPreTokenizer(), whitespacePreTokenizer()];

/** `\p{Cn}` of Oniguruma, which the reference's expressions are of. */
const unassigned = Tokenizer.fromString(
  JSON.stringify({
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    post_processor: null,
    decoder: null,
    pre_tokenizer: { type: "Split", pattern: { Regex: "\\p{Cn}" }, behavior: "Removed", invert: false },
    model: { type: "WordLevel", unk_token: "x", vocab: { x: 0 } },
  }),
);
const later = new Set<number>();
for (let code = 0; code < 0x110000; code += 0x1000) {
  const codes = Array.from({ length: 0x1000 }, (_, index) => code + index).filter(
    (one) => !(one >= 0xd800 && one < 0xe000) && /\P{Cn}/u.test(String.fromCodePoint(one)),
  );
  const encodings = await unassigned.encodeBatch(codes.map((one) => String.fromCodePoint(one)));
  for (const [index, encoding] of encodings.entries()) {
    if (encoding.getLength() === 0) later.add(codes[index] as number);
  }
}

const CLASSES: Record<string, (character: string, text: string) => boolean> = {
  MARK: (one, text) => (marks.normalizeString(text) === "ab") !== /\p{M}/u.test(one),
  NONSPACING: (one, text) => (accents.normalizeString(text) === "ab") !== /\p{Mn}/u.test(one),
  FORMAT: (one, text) =>
    !/[\0\t\n\r\uFFFD]/.test(one) && (clean.normalizeString(text) === "ab") !== /[\p{Cc}\p{Cf}\p{Co}]/u.test(one),
  PUNCTUATION: (one, text) =>
    (bert.preTokenizeString(text).length === 3) !== /[\p{P}!-/:-@[-`{-~]/u.test(one),
  WORD: (one, text) => (whitespace.preTokenizeString(text).length === 1) !== WORD.test(one),
  ASSIGNED: (one) => later.has(one.codePointAt(0) as number),
  DECOMPOSED: (_, text) =>
    nfd.normalizeString(text) !== text.normalize("NFD") || nfkd.normalizeString(text) !== text.normalize("NFKD"),
};

let source = `// Written by testdata/tokenizers/make-unicode.ts.

/**
 * Characters that are newer than the tables of the reference implementation (tokenizers 0.23.2), by what
 * they are in Unicode ${process.versions.unicode}, as the inside of a class in a regular expression.
 */
export const NEWER: Readonly<
  Record<"MARK" | "NONSPACING" | "FORMAT" | "PUNCTUATION" | "WORD" | "ASSIGNED" | "DECOMPOSED", string>
> = {
`;
for (const [name, differs] of Object.entries(CLASSES)) {
  const ranges: [number, number][] = [];
  for (let code = 0; code < 0x110000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const one = String.fromCodePoint(code);
    if (!differs(one, `a${one}b`)) continue;
    const last = ranges.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  const hex = (code: number): string => `\\\\u{${code.toString(16)}}`;
  const lines = ranges.map(([from, to]) => (from === to ? hex(from) : `${hex(from)}-${hex(to)}`));
  const rows: string[] = [""];
  for (const line of lines) {
    if ((rows.at(-1) as string).length + line.length > 90) rows.push("");
    rows[rows.length - 1] += line;
  }
  source += `  ${name}:\n${rows.map((row) => `    "${row}"`).join(" +\n")},\n`;
}
writeFileSync(
  new URL("../../src/tokenizers/hugging-face/unicode-newer.ts", import.meta.url),
  `${source}};\n`,
);
