import type { Settings } from "../settings.ts";
import { Trie } from "../trie.ts";
import { noToken } from "./bpe.ts";
import { type TokenModel, vocabularyOf } from "./vocabulary.ts";

/**
 * WordPiece: a word is its longest beginning that is a token, then the longest of the rest, and so on.
 *
 * Source: models/wordpiece of the reference implementation.
 *
 * @throws PapilioError `TOKENIZER_FILE`
 */
export function wordPiece(settings: Settings): TokenModel {
  const vocabulary = vocabularyOf(settings);
  const prefix = settings.text("continuing_subword_prefix", "##");
  const unknown = settings.text("unk_token", "[UNK]");
  const longest = settings.count("max_input_chars_per_word", 100);
  const [beginnings, rests] = [new Trie(), new Trie()];
  for (const [token, id] of vocabulary) {
    beginnings.add(token, id);
    if (token.startsWith(prefix)) rests.add(token.slice(prefix.length), id);
  }
  const encode = (text: string): number[] | undefined => {
    const ids: number[] = [];
    for (let at = 0; at < text.length; ) {
      const found = (at === 0 ? beginnings : rests).longest(text, at);
      if (found === undefined) return undefined;
      ids.push(found.value);
      at = found.end;
    }
    return ids;
  };
  return {
    vocabulary,
    encode: (text) => {
      const ids = [...text].length > longest ? undefined : encode(text);
      if (ids !== undefined) return ids;
      const id = vocabulary.get(unknown);
      if (id === undefined) throw noToken(text, unknown);
      return [id];
    },
  };
}

/**
 * Whole words, and one token for those that there are not.
 *
 * Source: models/wordlevel of the reference implementation.
 *
 * @throws PapilioError `TOKENIZER_FILE`
 */
export function wordLevel(settings: Settings): TokenModel {
  const vocabulary = vocabularyOf(settings);
  const unknown = settings.text("unk_token", "<unk>");
  return {
    vocabulary,
    encode: (text) => {
      const id = vocabulary.get(text) ?? vocabulary.get(unknown);
      if (id === undefined) throw noToken(text, unknown);
      return [id];
    },
  };
}
