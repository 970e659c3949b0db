import { describeValue } from "@papilio/butterfly/errors";
import { mergePairs } from "../../merge-pairs.ts";
import { tokenizerError } from "../../tokenizer.ts";
import { MOST_TOKENS, type Settings } from "../settings.ts";
import { byteTokens, type TokenModel, vocabularyOf } from "./vocabulary.ts";

/**
 * Byte-pair encoding: characters are merged in the order of a list of pairs.
 *
 * Source: models/bpe of the reference implementation. With `dropout` its ids are random, which is refused.
 *
 * @throws PapilioError `TOKENIZER_FILE`, `TOKENIZER_UNSUPPORTED`
 */
export function bpe(settings: Settings): TokenModel {
  const vocabulary = vocabularyOf(settings);
  if ((settings.raw("dropout") ?? 0) !== 0)
    throw settings.unsupported("dropout", "which makes ids random");
  const prefix = settings.text("continuing_subword_prefix", "");
  const suffix = settings.text("end_of_word_suffix", "");
  const unknown = settings.textIfAny("unk_token");
  const fuseUnknown = settings.flag("fuse_unk", false);
  const byteFallback = settings.flag("byte_fallback", false);
  const ignoreMerges = settings.flag("ignore_merges", false);
  const merges = mergesOf(settings, vocabulary, prefix.length);

  /** The ids of single characters. */
  const initial = (text: string): number[] => {
    const ids: number[] = [];
    const characters = [...text];
    let waiting: number | undefined;
    const flush = (): void => {
      if (waiting !== undefined) ids.push(waiting);
      waiting = undefined;
    };
    for (const [index, character] of characters.entries()) {
      const first = index === 0 ? "" : prefix;
      const last = index === characters.length - 1 ? suffix : "";
      const token = first + character + last;
      const id = vocabulary.get(token);
      if (id !== undefined) {
        flush();
        ids.push(id);
        continue;
      }
      const bytes = byteFallback ? byteTokens(token, vocabulary) : undefined;
      if (bytes !== undefined) {
        // An unknown token that waits comes after them: so it is in the reference implementation.
        for (const byte of bytes) ids.push(byte);
        continue;
      }
      // Without a token for what is unknown, it is left out.
      if (unknown === undefined) continue;
      if (!fuseUnknown) flush();
      waiting = vocabulary.get(unknown);
      if (waiting === undefined) throw noToken(character, unknown);
    }
    flush();
    return ids;
  };
  return {
    vocabulary,
    encode: (text) => {
      const whole = ignoreMerges ? vocabulary.get(text) : undefined;
      if (whole !== undefined) return [whole];
      return mergePairs(initial(text), (left, right) => merges.get(left * MOST_TOKENS + right));
    },
  };
}

export function noToken(text: string, unknown: string | undefined): Error {
  const shown = describeValue(text);
  return tokenizerError(
    "TOKENIZER_TEXT",
    unknown === undefined
      ? `The vocabulary has no token for ${shown}, and none for what is unknown.`
      : `The vocabulary has no token for ${shown}, nor ${describeValue(unknown)} for what is unknown.`,
  );
}

/** By two ids as one number: what they become, the first merges before others. */
function mergesOf(
  settings: Settings,
  vocabulary: ReadonlyMap<string, number>,
  prefix: number,
): Map<number, { readonly id: number; readonly score: number }> {
  const merges = new Map<number, { id: number; score: number }>();
  const wrong = (index: number): Error =>
    settings.malformed(
      "merges",
      `pairs of tokens that make a token, and number ${index} is not such a pair`,
    );
  let rank = 0;
  for (const [index, merge] of settings.list("merges", []).entries()) {
    // A line of a merges.txt, of which the first may name its version.
    if (typeof merge === "string" && merge.startsWith("#version")) continue;
    const [left, right, ...others]: readonly unknown[] =
      typeof merge === "string" ? merge.split(" ", 3) : Array.isArray(merge) ? merge : [];
    if (others.length > 0 || typeof left !== "string" || typeof right !== "string")
      throw wrong(index);
    const leftId = vocabulary.get(left);
    const rightId = vocabulary.get(right);
    const id = vocabulary.get(left + right.slice(prefix));
    if (leftId === undefined || rightId === undefined || id === undefined) throw wrong(index);
    merges.set(leftId * MOST_TOKENS + rightId, { id, score: -rank++ });
  }
  return merges;
}
