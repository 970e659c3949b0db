import { isId, MOST_TOKENS, type Settings } from "../settings.ts";

/** Makes the ids of a piece of text. */
export interface TokenModel {
  /** Ids of the tokens that there are without those that are added. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Throws `TOKENIZER_TEXT` for what has no token. */
  encode(text: string): readonly number[];
}

/**
 * The vocabulary of a model as an object, `{ token: id }`.
 *
 * @throws PapilioError `TOKENIZER_FILE`
 */
export function vocabularyOf(settings: Settings): Map<string, number> {
  const entries = settings.required("vocab");
  const vocabulary = new Map<string, number>();
  // A bit for each id. Neither this nor the keys alone take the memory of a set and of pairs.
  const taken = new Uint8Array(MOST_TOKENS / 8);
  const ids = settings.raw("vocab") as Readonly<Record<string, unknown>>;
  for (const token of Object.keys(ids)) {
    const id = ids[token];
    if (!isId(id)) throw entries.malformed(token, "an id from 0 to 16777215");
    const [place, bit] = [id >> 3, 1 << (id & 7)];
    const known = taken[place] as number;
    if ((known & bit) !== 0) throw entries.malformed(token, "an id that no other token has");
    taken[place] = known | bit;
    vocabulary.set(token.toWellFormed(), id);
  }
  return vocabulary;
}

/** The ids of the tokens of bytes, `<0x41>`, of a text; nothing where one of them is missing. */
export function byteTokens(
  text: string,
  vocabulary: ReadonlyMap<string, number>,
): number[] | undefined {
  const ids = Array.from(new TextEncoder().encode(text), (byte) =>
    vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  );
  return ids.includes(undefined) ? undefined : (ids as number[]);
}
