import { requireArray } from "../errors/argument-checks.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ButterflyProduct, type RealProduct } from "../matrix/butterfly-product.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { invertPermutation } from "../matrix/permutation.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { indices, zeros } from "../numeric/float-array.ts";
import { Chain } from "../pattern/chain.ts";
import { positions } from "./positions.ts";
import { requireSize } from "./size.ts";

/**
 * Any permutation, of any number of positions, as a product of two butterflies, whose `2x2` blocks let a pair
 * pass or exchange it: a Beneš network, of the next power of two, padded and cut.
 *
 * Source: Waksman, "A permutation network" (1968); Dao et al., "Kaleidoscope" (2020), for it as a
 * product of butterflies.
 *
 * @param map position `p` of the result is taken from position `map[p]`
 * @throws PapilioError `CONSTRUCTION_SIZE`, `PERMUTATION_INVALID`, `ARRAY_TYPE`
 */
export function permutation(map: Uint32Array): RealProduct {
  requireArray("The permutation", map, "Uint32Array");
  requireSize(map.length);
  invertPermutation(map); // refuses what is not a permutation
  const stages = Math.max(1, Math.ceil(Math.log2(map.length)));
  const n = 2 ** stages;
  // Positions beyond the end stay where they are.
  const padded = indices(n).map((_, position) => map[position] ?? position);
  const exchanges = {
    before: Array.from({ length: stages }, () => new Uint8Array(n)),
    after: Array.from({ length: stages }, () => new Uint8Array(n)),
  };
  route(padded, 0, 0, exchanges);
  const { patterns } = Chain.squareDyadic(n);
  const butterfly = (marks: readonly Uint8Array[]): Butterfly<Float64Array> => {
    const factors = patterns.map((pattern, stage) => {
      const values = zeros("float64", pattern.nonZeros);
      const { a, d } = pattern;
      for (let i = 0; i < a; i++) {
        for (let k = 0; k < d; k++) {
          const exchanged = marks[stage]?.[2 * i * d + k] as number;
          const at = 4 * i * d + k;
          values[at] = 1 - exchanged;
          values[at + d] = exchanged;
          values[at + 2 * d] = exchanged;
          values[at + 3 * d] = 1 - exchanged;
        }
      }
      return new KroneckerSparse(pattern, values);
    });
    return new Butterfly(factors);
  };
  return new ButterflyProduct<Float64Array, Butterfly<Float64Array>>(
    [
      new PermutedButterfly(butterfly(exchanges.after)),
      new PermutedButterfly(butterfly(exchanges.before).transpose()),
    ],
    n > map.length ? positions(map.length, map.length) : {},
  );
}

interface Exchanges {
  /** For each stage, marked at the first position of each pair that is exchanged. */
  readonly before: readonly Uint8Array[];
  readonly after: readonly Uint8Array[];
}

/**
 * Marks the exchanges that route a permutation of the positions from `start` on. Pairs lie half of them
 * apart; of each pair of inputs one goes to the upper half, the other to the lower, and so for the
 * outputs. That is a colouring of cycles with two colours: inputs and outputs alternate on them.
 */
function route(map: Uint32Array, start: number, stage: number, exchanges: Exchanges): void {
  const n = map.length;
  const half = n / 2;
  const [before, after] = [exchanges.before[stage], exchanges.after[stage]] as [
    Uint8Array,
    Uint8Array,
  ];
  if (n === 2) {
    after[start] = map[0] === 1 ? 1 : 0;
    return;
  }
  const inverse = invertPermutation(map);
  const upper = new Uint32Array(half);
  const lower = new Uint32Array(half);
  const routed = new Uint8Array(n);
  for (let first = 0; first < half; first++) {
    // Follows a cycle: an output through the upper half, then its partner through the lower one.
    for (let output = first; routed[output] === 0; ) {
      const input = map[output] as number;
      const pair = output % half;
      const partner = (output + half) % n;
      const inputPair = input % half;
      upper[pair] = inputPair;
      after[start + pair] = output < half ? 0 : 1;
      before[start + inputPair] = input < half ? 0 : 1;
      const other = map[partner] as number;
      lower[pair] = other % half;
      routed[output] = 1;
      routed[partner] = 1;
      // The partner of that input goes through the upper half.
      output = inverse[(other + half) % n] as number;
    }
  }
  route(upper, start, stage + 1, exchanges);
  route(lower, start + half, stage + 1, exchanges);
}
