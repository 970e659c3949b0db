import { candidatesOf, orderOf } from "./candidates.ts";
import { logitRange } from "./logits.ts";
import { topK } from "./top-k.ts";

/** A token, and the logarithm of the probability that the model gives it. */
export interface TokenLogprob {
  readonly id: number;
  /** Of the softmax of all logits, whatever the temperature; natural logarithm. */
  readonly logprob: number;
}

/**
 * The log probability of a token, and those of the most likely ones in falling order.
 *
 * @param count how many of the most likely ones
 * @throws PapilioError `LOGITS_INVALID`
 */
export function logprobsOf(
  logits: Float32Array,
  id: number,
  count: number,
): { readonly logprob: number; readonly top: readonly TokenLogprob[] } {
  const range = logitRange(logits, "the next token");
  let sum = 0;
  for (let index = 0; index < logits.length; index++) {
    sum += Math.exp((logits[index] as number) - range.most);
  }
  const logSum = range.most + Math.log(sum);
  const logprobOf = (token: number): number => (logits[token] as number) - logSum;
  const best = count === 0 ? undefined : topK(candidatesOf(logits, range), count);
  const top = Array.from(best === undefined ? [] : orderOf(best), (place) => {
    const token = best?.tokens === undefined ? place : (best.tokens[place] as number);
    return { id: token, logprob: logprobOf(token) };
  });
  return { logprob: logprobOf(id), top };
}
