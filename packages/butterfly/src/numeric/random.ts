import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import { requireObject } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { type FloatArrays, type FloatType, zeros } from "./float-array.ts";

/** What a random matrix is drawn with. */
export interface RandomOptions<T extends FloatType = "float32"> {
  /** A whole number from 0 to 2^32 - 1: the same seed gives the same values on every platform. */
  readonly seed: number;
  /** Element type of the values; float32 unless given. */
  readonly dtype?: T;
}

/**
 * An endless sequence of independent numbers, uniform on [-1, 1): multiples of 2^-52 from the
 * Mersenne Twister MT19937, the same on every platform.
 *
 * @throws PapilioError `SEED_INVALID`
 */
export function uniform(seed: number): () => number {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new PapilioError(
      "SEED_INVALID",
      `The seed is ${describeValue(seed)}, but it must be a whole number from 0 to 2^32 - 1.`,
      "Pass a whole number such as 0.",
    );
  }
  const generator = mersenne(seed);
  return () => 2 * uniformFloat64(generator) - 1;
}

/**
 * What the values of a random matrix are drawn from, and their type.
 *
 * @throws PapilioError `SEED_INVALID`, `OPTION_INVALID`
 */
export function drawing<T extends FloatType>(
  options: RandomOptions<T>,
): { readonly next: () => number; readonly dtype: T } {
  requireObject("The options", options, "an object with a seed");
  const { seed, dtype = "float32" as T } = options;
  return { next: uniform(seed), dtype };
}

/**
 * The next `length` numbers of a sequence, times `scale`. Drawn in float64 and rounded to the
 * element type, so that float32 values are the float64 values rounded.
 */
export function draw<T extends FloatType>(
  next: () => number,
  length: number,
  scale: number,
  type: T,
): FloatArrays[T] {
  const values = zeros(type, length);
  for (let index = 0; index < length; index++) values[index] = scale * next();
  return values;
}
