import {
  bitReversal,
  composePermutations,
  digitReversal,
  evenThenOdd,
  evenThenOddDescending,
  grayCode,
  reversal,
  transposition,
  waveletOrder,
} from "../constructions/permutations.ts";
import { productOf, radicesOf } from "../constructions/size.ts";
import {
  requireArray,
  requireList,
  requireObject,
  requireOneOf,
  requireProgress,
} from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { Butterfly } from "../matrix/butterfly.ts";
import type { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { invertPermutation, isSamePermutation } from "../matrix/permutation.ts";
import {
  type AnyButterfly,
  type Permutations,
  PermutedButterfly,
} from "../matrix/permuted-butterfly.ts";
import type { Complex } from "../numeric/complex.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { safeExponent, timesPowerOfTwo } from "../numeric/powers-of-two.ts";
import type { Chain } from "../pattern/chain.ts";
import { TimeSlicer } from "../threads/time-slicer.ts";
import { type Factorization, type FactorizeOptions, factorize } from "./factorize.ts";
import { splitAt } from "./hierarchical.ts";
import { arraysOf, mapParts, type Parts, partsOf, squaredNormOf, toDense } from "./parts.ts";
import { droppedByRank } from "./split.ts";
import { searchSwaps } from "./swap-search.ts";
import { onSupport, transposeDense, validateTarget } from "./target.ts";
import { mirrored } from "./tree.ts";

/** Permutations that are tried by name, of rows and of columns. */
export const NAMED_PERMUTATIONS = [
  "identity",
  "bit-reversal",
  "reversal",
  "even-odd",
  "even-odd-descending",
  "gray-code",
  "bit-reversal of even-odd-descending",
  "bit-reversal of gray-code",
  "digit-reversal",
  "transposition",
  "wavelet",
] as const;

export type PermutationName = (typeof NAMED_PERMUTATIONS)[number];

export interface PermutedFactorizeOptions extends FactorizeOptions {
  /** What is tried on the rows; all names that there are for so many unless given. */
  readonly rows?: readonly PermutationName[];
  /** What is tried on the columns; the same. */
  readonly columns?: readonly PermutationName[];
  /**
   * Exchanges of two rows or two columns that are tried after that, at random: a heuristic that makes
   * the error of a matrix smaller that is not a butterfly in any order. None unless given.
   */
  readonly search?: { readonly trials: number; readonly seed: number };
}

/** A factorization between two permutations that have a name. */
export interface PermutedFactorization<M extends AnyButterfly>
  extends Factorization<PermutedButterfly<M>> {
  /** Of the permutations that were best by name, from which a search goes on. */
  readonly names: { readonly left: PermutationName; readonly right: PermutationName };
}

/**
 * The map of a named permutation: position `p` of the result is taken from position `map[p]`; undefined
 * for the identity.
 *
 * @param radices of a digit reversal, whose product is `n`; its prime factors, ascending, unless given
 * @throws PapilioError `CONSTRUCTION_SIZE` for bit reversals and Gray codes of other sizes than powers of
 *   two, and for radices of another number; `OPTION_INVALID`
 */
export function namedPermutation(
  name: PermutationName,
  n: number,
  radices?: readonly number[],
): Uint32Array | undefined {
  requireOneOf("The permutation", name, NAMED_PERMUTATIONS);
  switch (name) {
    case "identity":
      return undefined;
    case "bit-reversal":
      return bitReversal(n);
    case "reversal":
      return reversal(n);
    case "even-odd":
      return evenThenOdd(n);
    case "even-odd-descending":
      return evenThenOddDescending(n);
    case "gray-code":
      return grayCode(n);
    case "bit-reversal of even-odd-descending":
      return composePermutations(evenThenOddDescending(n), bitReversal(n));
    case "bit-reversal of gray-code":
      return composePermutations(grayCode(n), bitReversal(n));
    case "digit-reversal":
      return digitReversal(radicesOf(n, radices));
    case "transposition":
      return transposition(...nearestToSquare(n));
    case "wavelet":
      return waveletOrder(n);
  }
}

/** The rows and columns of the grid of `n` numbers that is nearest to a square, the fewer rows first. */
function nearestToSquare(n: number): [rows: number, cols: number] {
  let rows = Math.max(1, Math.floor(Math.sqrt(n)));
  while (n % rows !== 0) rows--;
  return [rows, n / rows];
}

/**
 * Factorizes a matrix between permutations of its rows and columns that are not known: each pair of names
 * is judged by what the middle split of the chain would drop, and the best one is factorized. A Fourier
 * matrix is a butterfly after a digit reversal by the radices of the chain, a Walsh matrix after a Gray code and
 * a bit reversal, a Haar matrix before the order of wavelets.
 *
 * Takes the eigenvalues of all blocks of a split for each pair, of all splits for those that are good.
 *
 * @param dense `[rows, cols]` row-major
 * @throws PapilioError what {@link factorize} and {@link namedPermutation} throw
 *
 * @example
 * ```ts
 * const { matrix, names } = await factorizePermuted(dense, Chain.squareDyadic(1024));
 * ```
 */
export function factorizePermuted<V extends FloatArray>(
  dense: V,
  chain: Chain,
  options?: PermutedFactorizeOptions,
): Promise<PermutedFactorization<Butterfly<V>>>;
export function factorizePermuted<V extends FloatArray>(
  dense: Complex<V>,
  chain: Chain,
  options?: PermutedFactorizeOptions,
): Promise<PermutedFactorization<ComplexButterfly<V>>>;
export function factorizePermuted(
  dense: FloatArray | Complex<FloatArray>,
  chain: Chain,
  options?: PermutedFactorizeOptions,
): Promise<PermutedFactorization<AnyButterfly>>;
export async function factorizePermuted(
  dense: FloatArray | Complex<FloatArray>,
  chain: Chain,
  options: PermutedFactorizeOptions = {},
): Promise<PermutedFactorization<AnyButterfly>> {
  requireProgress(options);
  const { rows, columns, search, ...others } = options;
  for (const names of [rows, columns]) {
    if (names === undefined) continue;
    requireList("The permutations", names);
    for (const name of names) requireOneOf("The permutation", name, NAMED_PERMUTATIONS);
  }
  if (search !== undefined) requireObject("The search", search, "an object with trials and seed");
  validateTarget(dense, chain);
  chain.product(); // refuses factors that are not chainable
  if (chain.transposed) return await factorizeTransposed(dense, chain, options);
  const start = performance.now();
  const given = partsOf(dense);
  const exponent = safeExponent(arraysOf(given));
  const whole = mapParts(given, (part) => timesPowerOfTwo(part, exponent));
  const lefts = mapsOf(rows, chain.rows, radicesIn(chain, "b", chain.rows));
  const rights = mapsOf(columns, chain.cols, radicesIn(chain, "c", chain.cols));
  const rounding = 1e-24 * squaredNormOf(whole);
  const { signal, kernels } = others;
  if (kernels !== undefined) requireArray("The kernels", kernels, "Uint8Array");
  signal?.throwIfAborted();
  const slicer = new TimeSlicer(signal);
  let best: Pair | undefined;
  for (const left of lefts) {
    for (const right of rights) {
      const moved = unpermute(whole, chain, left.map, right.map);
      // An earlier, simpler name stays unless another one is better beyond rounding.
      const limit = best === undefined ? Number.POSITIVE_INFINITY : best.dropped * (1 - 1e-9);
      const dropped = await droppedInAll(moved, chain, limit - rounding, { slicer, kernels });
      if (dropped < limit - rounding) best = { left, right, dropped };
    }
  }
  const { left, right } = best as Pair;
  let permutations: Permutations = { left: left.map, right: right.map };
  if (search !== undefined) {
    const moved = mapParts(unpermute(whole, chain, left.map, right.map), (part) => part.slice());
    const orders = await searchSwaps(moved, chain, { ...search, signal });
    // Row p is now the one that was at orders.rows[p]; columns come from where they came from before.
    const back = invertPermutation(orders.rows);
    permutations = {
      left: left.map ? composePermutations(back, left.map) : back,
      right: right.map ? composePermutations(right.map, orders.columns) : orders.columns,
    };
  }
  const ordered = unpermute(given, chain, permutations.left, permutations.right);
  const found = await factorize(toDense(ordered), chain, others);
  return {
    ...found,
    seconds: (performance.now() - start) / 1000,
    matrix: new PermutedButterfly(found.matrix, permutations),
    names: { left: left.name, right: right.name },
  };
}

/** The splits of a chain are those of one that is not transposed: factorizes the transposed matrix. */
async function factorizeTransposed(
  dense: FloatArray | Complex<FloatArray>,
  chain: Chain,
  options: PermutedFactorizeOptions,
): Promise<PermutedFactorization<AnyButterfly>> {
  const { rows, columns, tree = "left-to-right", ...others } = options;
  const found = await factorizePermuted(
    transposeDense(dense, chain.rows, chain.cols),
    chain.transpose(),
    {
      ...others,
      tree: mirrored(tree, chain.length),
      ...(columns && { rows: columns }),
      ...(rows && { columns: rows }),
    },
  );
  const { left, right } = found.names;
  return { ...found, matrix: found.matrix.transpose(), names: { left: right, right: left } };
}

interface NamedMap {
  readonly name: PermutationName;
  readonly map: Uint32Array | undefined;
}

interface Pair {
  readonly left: NamedMap;
  readonly right: NamedMap;
  readonly dropped: number;
}

/** The sizes of the blocks along rows or columns, where their product is all of these. */
function radicesIn(chain: Chain, axis: "b" | "c", n: number): readonly number[] | undefined {
  const radices = chain.patterns.map((pattern) => pattern[axis]);
  return productOf(radices) === n ? radices : undefined;
}

/**
 * The maps of names; of those that are not asked for by name, what there is for this size, each once: the
 * digit reversal of a power of two is a bit reversal.
 */
function mapsOf(
  names: readonly PermutationName[] | undefined,
  n: number,
  radices: readonly number[] | undefined,
): NamedMap[] {
  if (names?.length === 0) {
    throw new PapilioError(
      "PERMUTATION_INVALID",
      "No permutation is named.",
      `Name one of ${NAMED_PERMUTATIONS.join(", ")}.`,
    );
  }
  const named = (name: PermutationName): NamedMap => ({
    name,
    map: namedPermutation(name, n, radices),
  });
  if (names !== undefined) return names.map(named);
  const dyadic = Number.isInteger(Math.log2(n));
  const maps: NamedMap[] = [];
  for (const name of NAMED_PERMUTATIONS) {
    if (!dyadic && /bit|gray/.test(name)) continue;
    const found = named(name);
    if (!maps.some(({ map }) => isSamePermutation(map, found.map))) maps.push(found);
  }
  return maps;
}

/** `B` with `A = P_left B P_right`: entry `[left[p], q]` is that of `A` at `[p, right[q]]`. */
export function unpermute(
  whole: Parts,
  { rows, cols }: Chain,
  left: Uint32Array | undefined,
  right: Uint32Array | undefined,
): Parts {
  if (left === undefined && right === undefined) return whole;
  const from = left && invertPermutation(left);
  return mapParts(whole, (part) => {
    const moved = zerosLike(part, part.length);
    for (let row = 0; row < rows; row++) {
      const source = (from?.[row] ?? row) * cols;
      for (let column = 0; column < cols; column++) {
        moved[row * cols + column] = part[source + (right?.[column] ?? column)] as number;
      }
    }
    return moved;
  });
}

/**
 * The sum of what each split by itself drops and of what is off the support, squared norms. The split in
 * the middle, which tells the most, comes first; the others are left out beyond a limit.
 */
async function droppedInAll(
  whole: Parts,
  chain: Chain,
  limit: number,
  { slicer, kernels }: { readonly slicer: TimeSlicer; readonly kernels: Uint8Array | undefined },
): Promise<number> {
  const { length } = chain;
  const { values, off } = onSupport(whole, chain.product());
  const middle = Math.ceil(length / 2);
  const splits = Array.from({ length: length - 1 }, (_, index) => index + 1);
  splits.sort((p, q) => Math.abs(p - middle) - Math.abs(q - middle));
  let sum = off;
  for (const at of splits) {
    if (sum >= limit) break;
    const split = splitAt(chain, 0, at, length);
    const dropped = await droppedByRank(values, split, slicer, { kernels });
    sum += dropped[Math.min(split.rank, dropped.length - 1)] as number;
  }
  return sum;
}
