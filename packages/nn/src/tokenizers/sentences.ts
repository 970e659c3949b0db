import { PapilioError } from "@papilio/butterfly";
import { withoutSpacesAround } from "./hugging-face/unicode.ts";
import type { Tokenizer } from "./tokenizer.ts";

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
 * @param prompt name of one of `prompts`
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
  { maxTokens, lowerCase = false, prompts = {}, defaultPrompt }: SentenceText = {},
  prompt: string | undefined = defaultPrompt,
): SentenceIds {
  if (prompt !== undefined && !Object.hasOwn(prompts, prompt)) {
    throw new PapilioError(
      "PROMPT_UNKNOWN",
      `The model has no prompt ${JSON.stringify(prompt)}.`,
      `Its prompts are: ${Object.keys(prompts).join(", ") || "none"}.`,
    );
  }
  const front = prompt === undefined ? "" : (prompts[prompt] ?? "");
  const all = texts.map((text) => {
    const stripped = withoutSpacesAround(front + text);
    const given = lowerCase ? stripped.toLowerCase() : stripped;
    return tokenizer.encode(given, { ownLengths: false, maxLength: maxTokens });
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
