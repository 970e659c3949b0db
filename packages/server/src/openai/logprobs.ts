import type { BatchToken } from "@papilio/nn";
import type { Tokenizer } from "@papilio/nn/tokenizers";

/** Probabilities of tokens as chats have them. */
export function chatLogprobs(tokens: readonly BatchToken[], tokenizer: Tokenizer): object {
  const entry = (id: number, logprob: number) => {
    const token = tokenizer.decode([id]);
    return { token, logprob, bytes: bytesOf(token) };
  };
  return {
    content: tokens.map(({ id, logprob = 0, top = [] }) => ({
      ...entry(id, logprob),
      top_logprobs: top.map((one) => entry(one.id, one.logprob)),
    })),
    refusal: null,
  };
}

/**
 * Probabilities of tokens as completions have them.
 *
 * @param offset characters of the text before them
 */
export function completionLogprobs(
  tokens: readonly BatchToken[],
  tokenizer: Tokenizer,
  offset: number,
): object {
  const texts = tokens.map(({ id }) => tokenizer.decode([id]));
  let at = offset;
  return {
    tokens: texts,
    token_logprobs: tokens.map(({ logprob = 0 }) => logprob),
    top_logprobs: tokens.map(({ top = [] }) =>
      Object.fromEntries(top.map(({ id, logprob }) => [tokenizer.decode([id]), logprob])),
    ),
    text_offset: texts.map(({ length }) => {
      at += length;
      return at - length;
    }),
  };
}

/** Bytes of a token's text, where it has whole characters. */
function bytesOf(text: string): number[] | null {
  return text.includes("\u{FFFD}") ? null : [...new TextEncoder().encode(text)];
}
