import { requireObject, requireOneOf, requireWhole } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { invertPermutation } from "../matrix/permutation.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { type FloatArray, indices, zeros } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { countBlocks } from "./cayley-transform.ts";
import { requireSize, requireValues } from "./size.ts";

type Real = Butterfly<Float64Array>;

/**
 * The block-diagonal matrix of orthogonal finetuning (OFT), one factor `(n/size, size, size, 1)`.
 *
 * Source: Qiu et al., "Controlling text-to-image diffusion by orthogonal finetuning" (2023).
 *
 * @param blocks `[n/size, size, size]`, such as {@link cayleyTransform} gives; they need not be orthogonal
 * @param size rows of a block
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`, `CONSTRUCTION_SIZE`
 */
export function oftRotation(blocks: FloatArray, size: number): Real {
  const count = countBlocks(blocks, size);
  requireSize(count * size);
  const pattern = new Pattern(count, size, size, 1);
  return new Butterfly([new KroneckerSparse(pattern, Float64Array.from(blocks))]);
}

/** How the blocks of {@link boftRotation} are arranged. */
export interface BoftShape {
  /** Rows of a block, `b`: an even number, or any where there is one factor in the order `halves`. */
  readonly size: number;
  /** Number of butterfly factors, `m`. */
  readonly factors: number;
  /**
   * The order of the elements that a block couples. With `halves`, as PEFT has it, the `b/2` elements of the one half
   * come before those of the other; with `pairs`, as LyCORIS has it, an element of the one half is followed by that
   * of the other. `halves` unless given.
   */
  readonly order?: "halves" | "pairs";
}

/**
 * The rotation of butterfly orthogonal finetuning (BOFT), `M(m-1) ... M1 M0`, as a butterfly. Level `i` couples
 * runs of `b/2` features that lie `2^i·b/2` apart, each pair of runs by a block of its own.
 *
 * For `b = 2` these are `m` factors `(n/2^(i+1), 2, 2, 2^i)`. Otherwise both coordinates that a level couples lie
 * side by side in no order of the features for three levels; the levels are multiplied into two factors
 * `(n/(2^(m-1)·b), 2^(m-k)·b/2, 2^(m-k)·b/2, 2^k)(n/(2^(k-1)·b), 2^(k-1)·b, 2^(k-1)·b, 1)` with `k = ceil(m/2)`
 * between permutations, which have as many values as the `m` levels up to `m = 4`; up to `m = 2` they are one, without
 * permutations.
 *
 * Source: Liu et al., "Parameter-efficient orthogonal finetuning via butterfly factorization" (2024).
 *
 * @param blocks `[m, n/b, b, b]`, that of the first level, which is applied first, first; such as
 *   {@link cayleyTransform} gives; they need not be orthogonal
 * @throws PapilioError `ARRAY_TYPE`, `OPTION_INVALID`, `CONSTRUCTION_SIZE` unless there are as many blocks in each
 *   level, a multiple of `2^(m-1)`
 *
 * @example
 * ```ts
 * const skew = new Float64Array(2 * 8 * 4 * 4).fill(0.1); // two levels of 8 blocks of 4 x 4
 * const rotation = boftRotation(cayleyTransform(skew, 4), { size: 4, factors: 2 }); // 32 x 32
 * ```
 */
export function boftRotation(blocks: FloatArray, shape: BoftShape): PermutedButterfly<Real> {
  requireObject("The shape", shape, "an object with size and factors");
  const { size, factors, order = "halves" } = shape;
  requireOneOf("The order of elements", order, ["halves", "pairs"]);
  requireWhole("The number of factors", factors, 1);
  const perLevel = countBlocks(blocks, size) / factors;
  const least = 2 ** (factors - 1);
  if (!Number.isInteger(perLevel) || perLevel < least || perLevel % least !== 0) {
    throw new PapilioError(
      "CONSTRUCTION_SIZE",
      `${perLevel * factors} blocks do not make ${factors} butterfly factors.`,
      `Give as many blocks for each factor, a multiple of ${least}.`,
    );
  }
  if (factors === 1 && order === "halves") {
    return new PermutedButterfly(oftRotation(blocks, size));
  }
  if (size % 2 !== 0) {
    throw new PapilioError(
      "CONSTRUCTION_SIZE",
      `Blocks of ${size} x ${size} have no two halves.`,
      "Use an even size, or one factor in the order halves.",
    );
  }
  const n = perLevel * size;
  requireSize(n);
  return rotationOf({ blocks, n, size, factors, order });
}

interface Levels extends Required<BoftShape> {
  readonly blocks: FloatArray;
  readonly n: number;
}

/** Levels `from` to `to - 1`, which are multiplied into one factor. */
interface Run {
  readonly from: number;
  readonly to: number;
}

function rotationOf(levels: Levels): PermutedButterfly<Real> {
  const { n, size, factors } = levels;
  const half = size / 2;
  const runs = runsOf(size, factors);
  const widths = runs.map(({ from, to }) => half * 2 ** (to - from));
  requireValues(
    widths.reduce((sum, width) => sum + n * width, 0),
    "Use fewer factors, or multiply by them one after another.",
  );
  const [low] = runs as [Run];
  const isPermuted = half > 1 && runs.length > 1;
  // Left-most first: the levels that are applied last.
  const product = new Butterfly(
    runs.map((run) => factorOf(levels, run, isPermuted && run === low)).reverse(),
  );
  if (!isPermuted) return new PermutedButterfly(product);
  const right = interleaved(n, 2 ** low.to, half);
  return new PermutedButterfly(product, { left: invertPermutation(right), right });
}

/** The first levels first. */
function runsOf(size: number, factors: number): Run[] {
  if (size === 2) return Array.from({ length: factors }, (_, from) => ({ from, to: from + 1 }));
  const middle = factors === 2 ? 2 : Math.ceil(factors / 2);
  const runs = [
    { from: 0, to: middle },
    { from: middle, to: factors },
  ];
  return runs.filter(({ from, to }) => from < to);
}

/** Of groups of `runs` runs of `half` features: the first feature of every run, then the second, and so on. */
function interleaved(n: number, runs: number, half: number): Uint32Array {
  const group = runs * half;
  return indices(n).map((_, position) => {
    const within = position % group;
    return position - within + (within % runs) * half + Math.floor(within / runs);
  });
}

/**
 * A run of levels as one factor `(a, width, width, 2^from)`. The features of a block of it are numbered by the bits
 * that the run couples, then by the position in a run of `half` features; `turned`, the other way round.
 */
function factorOf(
  levels: Levels,
  { from, to }: Run,
  turned: boolean,
): KroneckerSparse<Float64Array> {
  const { n, size } = levels;
  const half = size / 2;
  const [chunks, d] = [2 ** (to - from), 2 ** from];
  const width = chunks * half;
  const pattern = new Pattern(n / (width * d), width, width, d);
  const values = zeros("float64", pattern.nonZeros);
  const local = (feature: number): number =>
    turned ? (feature % half) * chunks + Math.floor(feature / half) : feature;
  const block = new Float64Array(width * width);
  for (let i = 0; i < pattern.a; i++) {
    for (let k = 0; k < d; k++) {
      multiplyLevels(levels, { from, to }, i, k, block);
      for (let row = 0; row < width; row++) {
        for (let column = 0; column < width; column++) {
          const at = ((i * width + local(row)) * width + local(column)) * d + k;
          values[at] = block[row * width + column] as number;
        }
      }
    }
  }
  return new KroneckerSparse(pattern, values);
}

/** The product of the blocks of a run that meet super-block `i` and offset `k`, into `product`. */
function multiplyLevels(
  { blocks, n, size, order }: Levels,
  { from, to }: Run,
  i: number,
  k: number,
  product: Float64Array,
): void {
  const half = size / 2;
  const width = half * 2 ** (to - from);
  product.fill(0);
  for (let index = 0; index < width; index++) product[index * (width + 1)] = 1;
  const before = new Float64Array(size * width);
  const element = (feature: number): number =>
    order === "halves" ? feature : (feature % half) * 2 + Math.floor(feature / half);
  for (let level = from; level < to; level++) {
    const apart = 2 ** (level - from);
    for (let first = 0; first < width / half; first++) {
      if (Math.floor(first / apart) % 2 === 1) continue;
      const upper = i * (width / half / (2 * apart)) + Math.floor(first / (2 * apart));
      const lower = (first % apart) * 2 ** from + k;
      const block = (level * (n / size) + upper * 2 ** level + lower) * size * size;
      const rowOf = (feature: number): number =>
        (first + (feature < half ? 0 : apart)) * half + (feature % half);
      for (let feature = 0; feature < size; feature++) {
        const row = rowOf(feature) * width;
        before.set(product.subarray(row, row + width), feature * width);
      }
      for (let feature = 0; feature < size; feature++) {
        const row = product.subarray(rowOf(feature) * width, (rowOf(feature) + 1) * width).fill(0);
        for (let other = 0; other < size; other++) {
          const value = blocks[block + element(feature) * size + element(other)] as number;
          for (let column = 0; column < width; column++) {
            row[column] =
              (row[column] as number) + value * (before[other * width + column] as number);
          }
        }
      }
    }
  }
}
