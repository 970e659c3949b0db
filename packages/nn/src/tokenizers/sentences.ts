import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  callback,
  count,
  flag,
  listOf,
  objectOf,
  optional,
  recordOf,
  text,
} from "../arguments/checks.ts";
import { withoutSpacesAround } from "./hugging-face/unicode.ts";
import { requireIds, type Tokenizer } from "./tokenizer.ts";

/** How an encoder of sentences wants its texts. */
export interface SentenceText {
  /** Ids of a sentence at most, special tokens included; what is more is cut off. */
  readonly maxTokens?: number | undefined;
  readonly lowerCase?: boolean;
  /** Texts that are put in front of others, by name. */
  readonly prompts?: Readonly<Record<string, string>>;
  /** The prompt of texts for which none is named. */
  readonly defaultPrompt?: string | undefined;
}

const sentencesCheck = objectOf({
  maxTokens: optional(count),
  lowerCase: optional(flag),
  prompts: optional(recordOf(text)),
  defaultPrompt: optional(text),
});

/** Inputs of a `SentenceEncoder`. */
export interface SentenceIds {
  /** `sequences * tokens`, filled up with zeros after each sentence. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** Of each sentence. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly sequences: number;
  readonly tokens: number;
}

/**
 * The ids of sentences, as sentence-transformers makes them: a prompt in front, spaces at the ends left out,
 * cut to the number of tokens that the model was trained for.
 *
 * @param named name of one of `prompts`
 * @throws PapilioError `PROMPT_UNKNOWN`; `TOKENIZER_TEXT`
 *
 * @example
 * ```ts
 * const batch = encodeSentences(tokenizer, ["How are you?"], modules.text, "query");
 * const { embeddings } = await new CpuModel(model.trace(batch)).run(batch);
 * ```
 */
export function encodeSentences(
  tokenizer: Tokenizer,
  texts: readonly string[],
  sentences: SentenceText = {},
  named?: string,
): SentenceIds {
  objectOf({ encode: callback })("the tokenizer", tokenizer);
  listOf(text)("The texts", texts);
  sentencesCheck("the sentences", sentences);
  optional(text)("The prompt", named);
  const { maxTokens, lowerCase = false, prompts = {}, defaultPrompt } = sentences;
  const prompt = named ?? defaultPrompt;
  if (prompt !== undefined && !Object.hasOwn(prompts, prompt)) {
    throw new PapilioError(
      "PROMPT_UNKNOWN",
      `The model has no prompt ${describeValue(prompt)}.`,
      `Its prompts are: ${Object.keys(prompts).join(", ") || "none"}.`,
    );
  }
  const front = prompt === undefined ? "" : (prompts[prompt] ?? "");
  const all = texts.map((one) => {
    const stripped = withoutSpacesAround(front + one);
    const given = lowerCase ? stripped.toLowerCase() : stripped;
    const ids = tokenizer.encode(given, { ownLengths: false, maxLength: maxTokens });
    requireIds(ids);
    return ids;
  });
  const tokens = all.reduce((most, { length }) => Math.max(most, length), 1);
  const ids = new Uint32Array(all.length * tokens);
  for (const [index, one] of all.entries()) ids.set(one, index * tokens);
  return {
    ids,
    lengths: Uint32Array.from(all, ({ length }) => length),
    sequences: all.length,
    tokens,
  };
}
