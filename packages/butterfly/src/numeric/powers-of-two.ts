import { type FloatArray, zerosLike } from "./float-array.ts";

/*
 * Squares of numbers beyond about 1e154 overflow, and those below 1e-162 vanish. Scaled by a power of two,
 * which changes no digit, sums of squares are right for numbers of any size.
 */

/** Exponents up to which nothing need be scaled: fourth powers, and sums of 2^31 of them, are in range. */
const SAFE = 200;

/** The exponent of the largest magnitude of some arrays; undefined where all is zero. */
export function exponentOf(arrays: readonly FloatArray[]): number | undefined {
  let largest = 0;
  for (const values of arrays) {
    for (let index = 0; index < values.length; index++) {
      const magnitude = Math.abs(values[index] as number);
      if (magnitude > largest && magnitude < Number.POSITIVE_INFINITY) largest = magnitude;
    }
  }
  return largest === 0 ? undefined : Math.floor(Math.log2(largest));
}

/**
 * The exponent by which numbers are to be scaled before they are squared: 0 where they need not be, else
 * what makes the largest of them about 1.
 *
 * @param squares the sum of their squares, where it is known
 */
export function safeExponent(
  arrays: readonly FloatArray[],
  squares: number = arrays.reduce((sum, values) => sum + sumOfSquares(values), 0),
): number {
  // Nearly always: sums of squares are quicker than looking for the largest.
  if (squares > 2 ** -SAFE && squares < 2 ** SAFE) return 0;
  const exponent = exponentOf(arrays) ?? 0;
  return Math.abs(exponent) <= SAFE ? 0 : -exponent;
}

/** The sum of the squares of some numbers. */
export function sumOfSquares(values: FloatArray): number {
  // Four sums are under way, which do not wait for each other.
  let p = 0;
  let q = 0;
  let r = 0;
  let s = 0;
  let index = 0;
  for (; index + 3 < values.length; index += 4) {
    p += (values[index] as number) ** 2;
    q += (values[index + 1] as number) ** 2;
    r += (values[index + 2] as number) ** 2;
    s += (values[index + 3] as number) ** 2;
  }
  for (; index < values.length; index++) p += (values[index] as number) ** 2;
  return p + q + (r + s);
}

/** Numbers times `2^exponent`: the same array where that is 1. */
export function timesPowerOfTwo<V extends FloatArray>(values: V, exponent: number): V {
  if (exponent === 0) return values;
  // Not at once: the power itself may be out of range, where the product is not.
  const half = Math.trunc(exponent / 2);
  const [first, second] = [2 ** half, 2 ** (exponent - half)];
  const scaled = zerosLike(values, values.length);
  for (let index = 0; index < values.length; index++) {
    scaled[index] = (values[index] as number) * first * second;
  }
  return scaled;
}
