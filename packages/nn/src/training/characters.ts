import { PapilioError } from "@papilio/butterfly";
import { listOf, text as textCheck } from "../arguments/checks.ts";

/** Characters of a vocabulary, at most: a text of a language has some thousands. */
const MOST_CHARACTERS = 2 ** 16;

/** A text of which each character is a token. */
export interface CharacterTokens {
  /** In the order of their code points. */
  readonly vocabulary: readonly string[];
  readonly tokens: Uint32Array<ArrayBuffer>;
}

/**
 * Makes each character of a text a token. A character is a code point.
 *
 * @param vocabulary of an earlier text; that of this one unless given
 * @throws PapilioError `DATA_INVALID` for an empty text, one with too many different characters, or one that has
 *   characters beyond the vocabulary
 */
export function characterTokens(text: string, vocabulary?: readonly string[]): CharacterTokens {
  textCheck("The text", text);
  if (vocabulary !== undefined) listOf(textCheck)("The vocabulary", vocabulary);
  const found = vocabulary ?? [...new Set(text)].toSorted(byCodePoint);
  if (text === "" || found.length > MOST_CHARACTERS) {
    throw new PapilioError(
      "DATA_INVALID",
      `The text has ${found.length} different characters.`,
      `Give a text of 1 to ${MOST_CHARACTERS} different characters, or a tokenizer.`,
    );
  }
  const ids = new Map(found.map((character, id) => [character, id]));
  const tokens = new Uint32Array(text.length);
  let count = 0;
  for (const character of text) {
    const id = ids.get(character);
    if (id === undefined) throw unknownCharacter(character, found.length);
    tokens[count++] = id;
  }
  return { vocabulary: found, tokens: tokens.slice(0, count) };
}

/**
 * What a tokenizer.json holds whose tokens are single characters, for what generates text afterwards.
 *
 * @param vocabulary as {@link characterTokens} has it
 * @throws PapilioError `OPTION_INVALID`
 */
export function characterTokenizer(
  vocabulary: readonly string[],
): Readonly<Record<string, unknown>> {
  listOf(textCheck)("The vocabulary", vocabulary);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: "Fuse" },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary.map((character, id) => [character, id])),
      merges: [],
    },
  };
}

function byCodePoint(left: string, right: string): number {
  return (left.codePointAt(0) as number) - (right.codePointAt(0) as number);
}

function unknownCharacter(character: string, known: number): PapilioError {
  return new PapilioError(
    "DATA_INVALID",
    `The text has the character ${JSON.stringify(character)}, which is none of the ${known} of the vocabulary.`,
    "Give a text of the same characters, or train from the start.",
  );
}
