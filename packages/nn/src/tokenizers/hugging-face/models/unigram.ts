import { describeValue } from "@papilio/butterfly/errors";
import type { Settings } from "../settings.ts";
import { Trie } from "../trie.ts";
import { noToken } from "./bpe.ts";
import { byteTokens, type TokenModel } from "./vocabulary.ts";

/** How much less than the least score that of a character without a token is. */
const UNKNOWN_PENALTY = 10;

/**
 * Unigram: of all ways to divide a text, the one whose tokens have the greatest sum of scores. Characters
 * without tokens that follow each other are one unknown token.
 *
 * Source: models/unigram of the reference implementation, after the optimized search of SentencePiece.
 *
 * @throws PapilioError `TOKENIZER_FILE`
 */
export function unigram(settings: Settings): TokenModel {
  const vocabulary = new Map<string, number>();
  const scores: number[] = [];
  const trie = new Trie();
  for (const [id, entry] of settings.list("vocab").entries()) {
    const [token, score] = Array.isArray(entry) ? entry : [];
    if (typeof token !== "string" || typeof score !== "number") {
      throw settings.malformed(
        "vocab",
        `tokens with their scores, and number ${id} is not such a pair`,
      );
    }
    if (vocabulary.has(token)) {
      throw settings.malformed("vocab", `without ${describeValue(token)} twice`);
    }
    vocabulary.set(token, id);
    scores.push(score);
    if (token !== "") trie.add(token, id);
  }
  const unknown = settings.count("unk_id");
  if (unknown !== undefined && unknown >= scores.length) {
    throw settings.malformed("unk_id", `an id of the ${scores.length} tokens`);
  }
  const byteFallback = settings.flag("byte_fallback", false);
  const least = scores.reduce(
    (minimum, score) => Math.min(minimum, score),
    Number.POSITIVE_INFINITY,
  );
  const unknownScore = least - UNKNOWN_PENALTY;

  /** The best way to divide a text, as the places where its parts end; unknown ones are joined. */
  const divide = (text: string): string[] => {
    const best = new Float64Array(text.length + 1);
    const starts = new Int32Array(text.length + 1).fill(-1);
    const ids = new Int32Array(text.length + 1);
    const consider = (start: number, end: number, id: number, score: number): void => {
      const sum = (best[start] as number) + score;
      if ((starts[end] as number) >= 0 && sum <= (best[end] as number)) return;
      best[end] = sum;
      starts[end] = start;
      ids[end] = id;
    };
    let at = 0;
    for (const character of text) {
      let single = false;
      trie.prefixes(text, at, (end, id) => {
        consider(at, end, id, scores[id] as number);
        single ||= end - at === character.length;
      });
      if (!single) {
        if (unknown === undefined) throw noToken(character, undefined);
        consider(at, at + character.length, unknown, unknownScore);
      }
      at += character.length;
    }
    const parts: string[] = [];
    let joined = "";
    const flush = (): void => {
      if (joined !== "") parts.push(joined);
      joined = "";
    };
    for (let end = text.length; end > 0; end = starts[end] as number) {
      const part = text.slice(starts[end], end);
      if (unknown !== undefined && ids[end] === unknown) joined = part + joined;
      else {
        flush();
        parts.push(part);
      }
    }
    flush();
    return parts.reverse();
  };
  return {
    vocabulary,
    encode: (text) =>
      divide(text).flatMap((part) => {
        const id = vocabulary.get(part);
        if (id !== undefined) return [id];
        const bytes = byteFallback ? byteTokens(part, vocabulary) : undefined;
        if (bytes !== undefined) return bytes;
        if (unknown === undefined) throw noToken(part, undefined);
        return [unknown];
      }),
  };
}
