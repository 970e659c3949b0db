import { expect } from "vitest";
import type { Complex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import { uniform } from "../numeric/random.ts";

export type Numbers = Complex<Float64Array>;
export type Entry = (row: number, column: number) => number;

/** Primes among them: 97 and 101 are large enough for chirps. */
export const SIZES = [2, 3, 5, 8, 12, 17, 30, 49, 64, 97, 101];
export const DYADIC = [2, 4, 8, 32, 64];
export const LARGE = 2 ** 16;
export const draw = (length: number, seed: number): Float64Array =>
  Float64Array.from({ length }, uniform(seed));
export const drawComplex = (length: number, seed: number): Numbers => ({
  re: draw(length, seed),
  im: draw(length, seed + 1000),
});

/** The largest error of a dense matrix against its definition, over its largest entry or `least`. */
export function errorOf(
  dense: FloatArray,
  rows: number,
  cols: number,
  entry: Entry,
  least = 0,
): number {
  expect(dense.length).toBe(rows * cols);
  let [error, largest] = [0, least];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < cols; column++) {
      const expected = entry(row, column);
      error = Math.max(error, Math.abs((dense[row * cols + column] as number) - expected));
      largest = Math.max(largest, Math.abs(expected));
    }
  }
  return error / largest;
}
