import { requireObject, wrongArgument } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";

/** Which numbers dropout keeps: of each `stream` of a seed others. */
export interface Dropout {
  /** The share of numbers that become 0, from 0 to below 1. */
  readonly rate: number;
  /** One of 2^32 sequences of random numbers of a seed: each layer has its own. */
  readonly stream: number;
}

/**
 * The random words below which numbers are dropped, of 32 bits.
 *
 * @throws PapilioError `OPTION_INVALID` unless the rate is a number from 0 to below 1
 */
export function dropoutThreshold(rate: number): number {
  if (typeof rate === "number" && rate >= 0 && rate < 1) {
    return Math.min(2 ** 32 - 1, Math.round(rate * 2 ** 32));
  }
  throw wrongArgument("The dropout rate", describeValue(rate), "a number from 0 to below 1");
}

/**
 * Whether dropout keeps element `index`, counted vector by vector: the same on every backend. A hash of the seed, the
 * stream and the index by the finalizer of MurmurHash3 (Appleby, public domain), twice.
 *
 * @param seed of 32 bits, such as the number of the step
 * @throws PapilioError `OPTION_INVALID`
 */
export function dropoutKeeps(dropout: Dropout, seed: number): (index: number) => boolean {
  requireObject("What dropout is given", dropout, "a rate and a stream");
  const { rate, stream } = dropout;
  requireWord("The stream", stream);
  requireWord("The seed", seed);
  const threshold = dropoutThreshold(rate);
  const key = mixed((seed + Math.imul(stream, 0x9e3779b9)) >>> 0);
  return (index) => mixed((mixed((index ^ key) >>> 0) + key) >>> 0) >= threshold;
}

/** @throws PapilioError `OPTION_INVALID` unless it is a whole number of 32 bits */
export function requireWord(name: string, value: unknown): asserts value is number {
  if (Number.isInteger(value) && (value as number) >>> 0 === value) return;
  throw wrongArgument(name, describeValue(value), "a whole number from 0 to below 2^32");
}

function mixed(word: number): number {
  let mixing = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixing = Math.imul(mixing ^ (mixing >>> 13), 0xc2b2ae35);
  return (mixing ^ (mixing >>> 16)) >>> 0;
}
