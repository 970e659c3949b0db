import { requireArray } from "../errors/argument-checks.ts";
import { indices } from "../numeric/float-array.ts";
import { requirePowerOfTwo, requireSome } from "./size.ts";

/**
 * Bit reversal of `n = 2^L` positions, an index map that is its own inverse.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function bitReversal(n: number): Uint32Array {
  requirePowerOfTwo(n, 1);
  const map = indices(n);
  for (let size = 1; size < n; size *= 2) {
    for (let position = 0; position < size; position++) {
      const reversed = map[position] as number;
      map[position] = 2 * reversed;
      map[position + size] = 2 * reversed + 1;
    }
  }
  return map;
}

/** The last position first. @throws PapilioError `CONSTRUCTION_SIZE` */
export function reversal(n: number): Uint32Array {
  requireSome(n);
  return indices(n).map((_, position) => n - 1 - position);
}

/** Those at even positions first, then those at odd ones. @throws PapilioError `CONSTRUCTION_SIZE` */
export function evenThenOdd(n: number): Uint32Array {
  requireSome(n);
  const half = Math.ceil(n / 2);
  return indices(n).map((_, p) => (p < half ? 2 * p : 2 * (p - half) + 1));
}

/**
 * Those at even positions ascending, then those at odd ones descending: of cosine transforms.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function evenThenOddDescending(n: number): Uint32Array {
  requireSome(n);
  const half = Math.ceil(n / 2);
  return indices(n).map((_, p) => (p < half ? 2 * p : 2 * (n - 1 - p) + 1));
}

/** The Gray code of each position of `n = 2^L`: neighbours differ in one bit. */
export function grayCode(n: number): Uint32Array {
  requirePowerOfTwo(n, 1);
  return indices(n).map((_, position) => position ^ (position >>> 1));
}

/** What `second` takes of what `first` gives. @throws PapilioError `ARRAY_TYPE` */
export function composePermutations(first: Uint32Array, second: Uint32Array): Uint32Array {
  requireArray("The first permutation", first, "Uint32Array");
  requireArray("The second permutation", second, "Uint32Array");
  return second.map((from) => first[from] as number);
}
