import type { Tokenizer } from "@papilio/nn/tokenizers";

/** Tokens of a prompt, or of several: texts, tokens, or lists of tokens. */
export function promptsOf(
  tokenizer: Tokenizer,
  prompt: string | readonly string[] | readonly number[] | readonly (readonly number[])[],
): readonly (readonly number[])[] {
  if (typeof prompt === "string") return [encodePrompt(tokenizer, prompt)];
  if (prompt.every((part) => typeof part === "number")) return prompt.length > 0 ? [prompt] : [];
  return prompt.map((part) =>
    typeof part === "string" ? encodePrompt(tokenizer, part) : (part as readonly number[]),
  );
}

/** Tokens of a text, with one to begin with where it has none. */
function encodePrompt(tokenizer: Tokenizer, text: string): number[] {
  // Neither cut nor filled up, as tokenizers of encoders say: so do libraries of models.
  const ids = tokenizer.encode(text, { ownLengths: false });
  if (ids.length > 0) return ids;
  // GPT-2's one special token divides texts.
  const begin = tokenizer.beginOfSequence ?? tokenizer.endOfSequence;
  return begin === undefined ? [] : [begin];
}
