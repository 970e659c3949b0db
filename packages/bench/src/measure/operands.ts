import type { Chain, FloatArray, StorageDtype } from "@papilio/butterfly";
import { quantize, zeros } from "@papilio/butterfly/numeric";
import { shuffle } from "../analysis/statistics.ts";

/**
 * Inputs drawn at most; longer ones repeat them. Its prime length divides no size that occurs, so
 * that no two vectors of a batch are equal and a kernel that reads the wrong one shows.
 */
const DRAWN = 1_048_573;

/** Products beyond which a sample of the vectors is verified instead of all of them. */
const WHOLE = 2 ** 25;
/** Vectors verified at least: the first, the last, and random ones. */
const SAMPLED = 8;

/** How many vectors can be multiplied by a chain in float64 in less time than the benchmark takes. */
export function affordableVectors({ nonZeros }: Chain): number {
  return Math.max(SAMPLED, Math.floor(WHOLE / nonZeros));
}

/** So many random numbers, as they are stored. */
export function drawNumbers(length: number, dtype: StorageDtype, next: () => number): Float32Array {
  return repeated(quantize(Float32Array.from({ length: DRAWN }, next), dtype), length);
}

/** The same in double precision, with all of its digits. */
export function drawDoubles(length: number, next: () => number): Float64Array {
  return repeated(
    Float64Array.from({ length: DRAWN }, () => next() + 2 ** -30 * next()),
    length,
  );
}

/** `values` over and over, as long as wanted. */
function repeated<V extends FloatArray>(values: V, length: number): V {
  const filled = zeros(values instanceof Float64Array ? "float64" : "float32", length) as V;
  for (let start = 0; start < length; start += values.length) {
    filled.set(values.subarray(0, length - start), start);
  }
  return filled;
}

/** `count` of `total` indices in order, the first and the last among them. */
export function sample(total: number, count: number, next: () => number): number[] {
  const inner = shuffle(
    Array.from({ length: Math.max(0, total - 2) }, (_, index) => index + 1),
    next,
  ).slice(0, Math.max(0, count - 2));
  return [...new Set([0, ...inner, total - 1])].slice(0, Math.max(count, 1)).sort((p, q) => p - q);
}
