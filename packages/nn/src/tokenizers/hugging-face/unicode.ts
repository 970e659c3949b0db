import { NEWER } from "./unicode-newer.ts";

// Classes of characters as the reference implementation has them. Each is of one character.

/** `char::is_whitespace` of Rust: JavaScript's `\s` has U+FEFF in place of U+0085. */
export const WHITE_SPACE: RegExp = /\p{White_Space}/u;
/** `char::is_numeric` of Rust. */
export const NUMERIC: RegExp = /\p{N}/u;
/** `\w` of the crate regex. */
export const WORD: RegExp = new RegExp(
  `(?![${NEWER.WORD}])[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]`,
  "u",
);
export const PUNCTUATION: RegExp = new RegExp(
  `(?![${NEWER.PUNCTUATION}])[\\p{P}!-/:-@\\[-\`\\{-~]`,
  "u",
);
export const MARK: RegExp = new RegExp(`(?![${NEWER.MARK}])\\p{M}`, "u");
export const NONSPACING_MARK: RegExp = new RegExp(`(?![${NEWER.NONSPACING}])\\p{Mn}`, "u");
/** What BERT takes away, white space excepted. */
export const CONTROL: RegExp = new RegExp(
  `(?![\\t\\n\\r${NEWER.FORMAT}])[\\p{Cc}\\p{Cf}\\p{Co}\\0\\uFFFD]`,
  "u",
);
/** Characters of Chinese, as BERT's normalizer counts them. */
export const CHINESE: RegExp =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/u;

const NEWER_DECOMPOSED = new RegExp(`([${NEWER.DECOMPOSED}])`, "u");

/** A normalization form of Unicode; characters that are newer than the reference's tables stay. */
export function normalizationForm(form: "NFC" | "NFD" | "NFKC" | "NFKD"): (text: string) => string {
  if (form === "NFC") return (text) => text.normalize(form);
  return (text) => {
    const parts = text.split(NEWER_DECOMPOSED);
    return parts.map((part, index) => (index % 2 === 1 ? part : part.normalize(form))).join("");
  };
}

/** Lower case, each character by itself: a sigma is not the final form at the end of a word. */
export function lowerCase(text: string): string {
  return eachCharacter(text, (character) => character.toLowerCase());
}

/** A text without the white space at its ends. In linear time, which `/\s+$/` is not. */
export function withoutSpacesAround(
  text: string,
  { left = true, right = true }: { readonly left?: boolean; readonly right?: boolean } = {},
): string {
  let [start, end] = [0, text.length];
  // All white space is of one code unit.
  while (left && start < end && WHITE_SPACE.test(text[start] as string)) start++;
  while (right && start < end && WHITE_SPACE.test(text[end - 1] as string)) end--;
  return text.slice(start, end);
}

export function eachCharacter(text: string, map: (character: string) => string): string {
  let mapped = "";
  for (const character of text) mapped += map(character);
  return mapped;
}

/** A class repeated, or everywhere in a text. */
export function everywhere({ source }: RegExp): RegExp {
  return new RegExp(source, "gu");
}
