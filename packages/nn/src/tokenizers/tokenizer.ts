import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireList, requireText } from "@papilio/butterfly/errors";
import { count, flag, objectOf, optional } from "../arguments/checks.ts";

/** Turns text into the numbers that a language model reads, and numbers into text. */
export interface Tokenizer {
  /** Ids are below it. */
  readonly vocabularySize: number;
  /** Whether models have more ids than it has tokens; those have no text. False for llama2.c's. */
  readonly paddedVocabulary: boolean;
  /** Id of the token that sequences begin with, where there is one. */
  readonly beginOfSequence?: number | undefined;
  /** Id of the token that a model ends with, where there is one. */
  readonly endOfSequence?: number | undefined;
  /**
   * Ids of a text, with the special tokens that the model expects around it by default.
   *
   * @throws PapilioError `TOKENIZER_TEXT` for a text that the vocabulary has no tokens for
   */
  encode(text: string, options?: EncodeOptions): number[];
  /**
   * The text of ids, special tokens left out. Bytes that are not UTF-8 become U+FFFD. Vocabularies of
   * models are often padded: where the format allows it, ids that have no token have no text.
   *
   * @throws PapilioError `TOKEN_UNKNOWN` for negative numbers and fractions, and for ids without a token
   *   where the vocabulary is the model's, as in llama2.c
   */
  decode(ids: readonly number[]): string;
  /** Decodes ids as they are generated. */
  decodeStream(): DecodeStream;
}

export interface EncodeOptions {
  /** Whether special tokens are added, such as one at the beginning; true unless given. */
  readonly specialTokens?: boolean;
  /**
   * Whether the tokenizer's own truncation and padding are applied, where its file has some; true unless
   * given. The reference implementation does, and libraries of models upon it do not.
   */
  readonly ownLengths?: boolean;
  /** Ids at most, special tokens included: what is more of the text is cut off. Above all of those. */
  readonly maxLength?: number | undefined;
}

/**
 * Text that grows id by id: the pieces together are what `decode` makes of the ids together.
 *
 * @example
 * ```ts
 * const stream = tokenizer.decodeStream();
 * for await (const id of generated) process.stdout.write(stream.push(id));
 * process.stdout.write(stream.end());
 * ```
 */
export interface DecodeStream {
  /**
   * What one more id makes certain; empty while a character is incomplete.
   *
   * @throws PapilioError `TOKEN_UNKNOWN`
   */
  push(id: number): string;
  /** What is left. The stream is then as new. */
  end(): string;
}

/** What a tokenizer cannot be made or used for, with a stable code. */
export type TokenizerErrorCode =
  | "TOKENIZER_FILE"
  | "TOKENIZER_UNSUPPORTED"
  | "TOKENIZER_TEXT"
  | "TOKENIZER_MISMATCH"
  | "TOKEN_UNKNOWN";

const FIXES: { readonly [C in TokenizerErrorCode]: string } = {
  TOKENIZER_FILE: "Pass the tokenizer's file of the model, or download it again.",
  TOKENIZER_UNSUPPORTED:
    "Use a tokenizer without this setting, or make the ids with huggingface/tokenizers.",
  TOKENIZER_TEXT: "Leave these characters out, or use a tokenizer with byte fallback.",
  TOKENIZER_MISMATCH: "Use the tokenizer that came with the model.",
  TOKEN_UNKNOWN: "Decode ids of the model that this tokenizer is of.",
};

export function tokenizerError(
  code: TokenizerErrorCode,
  message: string,
  cause?: unknown,
): PapilioError {
  return new PapilioError(code, message, FIXES[code], cause === undefined ? undefined : { cause });
}

const encodeCheck = objectOf({
  specialTokens: optional(flag),
  ownLengths: optional(flag),
  maxLength: optional(count),
});

/** Refuses what cannot be encoded: throws `OPTION_INVALID`. */
export function requireEncodable(text: string, options: EncodeOptions): void {
  requireText("The text", text);
  encodeCheck("encode", options);
}

/** Refuses what is not a list of ids: throws `OPTION_INVALID`. */
export function requireIds(ids: readonly number[]): void {
  requireList("The ids", ids);
}

/** @throws PapilioError `TOKEN_UNKNOWN` for what is not an id of any vocabulary */
export function requireId(id: number): void {
  requireToken(id, Number.POSITIVE_INFINITY);
}

/** @throws PapilioError `TOKEN_UNKNOWN` */
export function requireToken(id: number, vocabularySize: number): void {
  if (Number.isInteger(id) && id >= 0 && id < vocabularySize) return;
  throw tokenizerError(
    "TOKEN_UNKNOWN",
    vocabularySize === Number.POSITIVE_INFINITY
      ? `${describeValue(id)} is not an id of a token.`
      : `The id ${describeValue(id)} is not one of the ${vocabularySize} tokens of the vocabulary.`,
  );
}
