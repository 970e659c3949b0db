import { describeValue } from "@papilio/butterfly/errors";
import type { Normalizer } from "./normalizers.ts";
import type { Settings } from "./settings.ts";
import { Trie } from "./trie.ts";
import { WHITE_SPACE, WORD } from "./unicode.ts";

/** A token that is found in texts before they are divided otherwise. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly singleWord: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

/** A part of a text that is a token, or is not one yet. */
export interface Section {
  readonly start: number;
  readonly end: number;
  readonly id: number | undefined;
}

/**
 * The tokens that are added to a vocabulary. The reference implementation gives them the ids of the
 * vocabulary, or those after it, whatever the file says: a file that says otherwise is refused.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function addedTokensOf(
  settings: Settings,
  vocabulary: ReadonlyMap<string, number>,
): AddedToken[] {
  const tokens = new Map<string, AddedToken>();
  let highest = -1;
  for (const one of settings.all("added_tokens", [])) {
    const content = one.text("content");
    if (content === "") continue;
    const special = one.flag("special", false);
    const known = tokens.get(content)?.id ?? vocabulary.get(content);
    const id = known ?? Math.max(highest + 1, vocabulary.size);
    if (one.id("id") !== id) {
      throw one.unsupported("id", `where the token ${describeValue(content)} gets the id ${id}`);
    }
    highest = Math.max(highest, id);
    tokens.set(content, {
      id,
      content,
      special,
      singleWord: one.flag("single_word", false),
      lstrip: one.flag("lstrip", false),
      rstrip: one.flag("rstrip", false),
      normalized: one.flag("normalized", !special),
    });
  }
  return [...tokens.values()];
}

/**
 * Finds added tokens in a text: the left-most, of those the longest.
 *
 * @param normalize what tokens are changed by before they are looked for
 */
export function sectionFinder(
  tokens: readonly AddedToken[],
  normalize: Normalizer = (text) => text,
): (text: string) => Section[] {
  if (tokens.length === 0) {
    return (text) => [{ start: 0, end: text.length, id: undefined }];
  }
  const trie = new Trie();
  for (const [index, { content }] of tokens.entries()) {
    const text = normalize(content);
    if (text !== "") trie.add(text, index);
  }
  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    const rest = (end: number): void => {
      if (done < end) sections.push({ start: done, end, id: undefined });
    };
    for (let at = 0; at < text.length; ) {
      const found = trie.longest(text, at);
      if (found === undefined) {
        at++;
        continue;
      }
      const token = tokens[found.value] as AddedToken;
      let [start, end] = [at, found.end];
      at = end;
      if (token.singleWord && (endsInWord(text, start) || beginsWithWord(text, end))) continue;
      if (token.lstrip) start = Math.max(leftOfSpaces(text, start), done);
      if (token.rstrip) end = rightOfSpaces(text, end);
      rest(start);
      sections.push({ start, end, id: token.id });
      done = end;
    }
    rest(text.length);
    return sections;
  };
}

function endsInWord(text: string, at: number): boolean {
  const before = Array.from(text.slice(Math.max(0, at - 2), at)).at(-1);
  return before !== undefined && WORD.test(before);
}

function beginsWithWord(text: string, at: number): boolean {
  const codePoint = text.codePointAt(at);
  return codePoint !== undefined && WORD.test(String.fromCodePoint(codePoint));
}

function leftOfSpaces(text: string, end: number): number {
  let start = end;
  while (start > 0 && WHITE_SPACE.test(text[start - 1] as string)) start--;
  return start;
}

function rightOfSpaces(text: string, start: number): number {
  let end = start;
  while (end < text.length && WHITE_SPACE.test(text[end] as string)) end++;
  return end;
}
