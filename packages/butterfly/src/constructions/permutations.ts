import { requireArray, requireWhole } from "../errors/argument-checks.ts";
import { indices } from "../numeric/float-array.ts";
import { productOf, requirePowerOfTwo, requireRadices, requireSize } from "./size.ts";

/**
 * Bit reversal of `n = 2^L` positions, an index map that is its own inverse.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function bitReversal(n: number): Uint32Array {
  requirePowerOfTwo(n, 1);
  return digitReversal(Array.from({ length: Math.log2(n) }, () => 2));
}

/**
 * Digit reversal in mixed radix: the position with the digits `l1, l2, ..., lL`, where `li < ri` and the
 * first counts the most, is taken from the one with the digits `lL, ..., l2, l1`. Its inverse is that of
 * the radices in reverse order.
 *
 * @param radices their product is the number of positions
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function digitReversal(radices: readonly number[]): Uint32Array {
  requireRadices(radices);
  const map = indices(productOf(radices));
  let size = 1;
  // From the digit that counts the least among positions, and the most among where they are taken from.
  let weight = map.length;
  for (const radix of radices.toReversed()) {
    weight /= radix;
    for (let position = size * radix - 1; position >= 0; position--) {
      map[position] = (map[position % size] as number) + Math.floor(position / size) * weight;
    }
    size *= radix;
  }
  return map;
}

/**
 * Transposition of a grid of `rows x cols` numbers, row by row: {@link digitReversal} of two radices, the
 * permutation between the factors of a Monarch layer.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function transposition(rows: number, cols: number): Uint32Array {
  return digitReversal([cols, rows]);
}

/**
 * The order of wavelet coefficients, coarse ones first, of those that are computed in place: those at even
 * positions, in this order among themselves, then those at odd ones.
 *
 * @param levels how often the even ones are split; as long as there are two unless given
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function waveletOrder(n: number, levels?: number): Uint32Array {
  requireSize(n);
  if (levels !== undefined) requireWhole("levels", levels, 0);
  let map = indices(n).map((_, position) => position);
  for (let [even, level] = [n, 0]; even > 1 && level < (levels ?? n); level++) {
    map = map.map((from, p) => (p < even ? (map[evenFirst(even, p)] as number) : from));
    even = Math.ceil(even / 2);
  }
  return map;
}

/** The last position first. @throws PapilioError `CONSTRUCTION_SIZE` */
export function reversal(n: number): Uint32Array {
  requireSize(n);
  return indices(n).map((_, position) => n - 1 - position);
}

/** Those at even positions first, then those at odd ones. @throws PapilioError `CONSTRUCTION_SIZE` */
export function evenThenOdd(n: number): Uint32Array {
  requireSize(n);
  return indices(n).map((_, p) => evenFirst(n, p));
}

function evenFirst(n: number, position: number): number {
  const half = Math.ceil(n / 2);
  return position < half ? 2 * position : 2 * (position - half) + 1;
}

/**
 * Those at even positions ascending, then those at odd ones descending: of cosine transforms.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function evenThenOddDescending(n: number): Uint32Array {
  requireSize(n);
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
