import { transposition } from "../constructions/permutations.ts";
import { requireBoolean, requireObject } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { requireAnyButterfly, requireListOf } from "../errors/matrix-checks.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { isSamePermutation } from "../matrix/permutation.ts";
import {
  type AnyButterfly,
  PermutedButterfly,
  withPermutations,
} from "../matrix/permuted-butterfly.ts";
import { type Complex, isComplex, requireParts } from "../numeric/complex.ts";
import { type FloatArray, zerosLike } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { fileError } from "./file-error.ts";
import { type DenseTensor, sizesOf } from "./layouts.ts";

/** An array of complex numbers with its sizes, row-major. */
export interface ComplexTensor<V extends FloatArray> {
  readonly shape: readonly number[];
  readonly values: Complex<V>;
}

type AnyTensor = DenseTensor<FloatArray> | ComplexTensor<FloatArray>;
type Stacks<M> = readonly (readonly M[])[];

/** The sizes of a twiddle; of `block x block` numbers in the place of one. */
interface Sizes {
  readonly stacks: number;
  readonly blocks: number;
  readonly levels: number;
  readonly block: number;
}

/**
 * Butterflies from the twiddles `[stacks, blocks, log2 n, n/2, 2, 2]` of butterfly layers, real or complex.
 * Level `i` multiplies pairs of features `2^i` apart, or `n/2^(i+1)` where the stride decreases; the blocks of a
 * stack follow one another, each with the other direction of its strides.
 *
 * Source: Dao et al., "Kaleidoscope" (2020), and the reference multiplication published with it.
 *
 * @returns for each stack its blocks, the one that is applied first first
 * @throws PapilioError `TENSOR_SHAPE`, `ARRAY_TYPE`, `COMPLEX_PARTS`, `OPTION_INVALID`
 */
export function fromTwiddle<V extends FloatArray>(
  twiddle: DenseTensor<V>,
  increasingStride: boolean,
): Butterfly<V>[][];
export function fromTwiddle<V extends FloatArray>(
  twiddle: ComplexTensor<V>,
  increasingStride: boolean,
): ComplexButterfly<V>[][];
export function fromTwiddle(twiddle: AnyTensor, increasingStride: boolean): AnyButterfly[][] {
  return read(twiddle, increasingStride, twiddleSizes(twiddle, 6));
}

/**
 * {@link fromTwiddle} of twiddles `[stacks, blocks, log2 n, n/2, 2, 2, size, size]`, which have a dense matrix in
 * the place of each number: features are `n` groups of `size` of them. Each is a dyadic chain of rank `size`, with
 * the blocks `2·size x 2·size`, and a transposition of the features where the strides are widest.
 *
 * Source: Chen et al., "Pixelated butterfly" (2022), and the reference multiplication published with it.
 *
 * @throws PapilioError `TENSOR_SHAPE`, `ARRAY_TYPE`, `COMPLEX_PARTS`, `OPTION_INVALID`
 */
export function fromBlockTwiddle<V extends FloatArray>(
  twiddle: DenseTensor<V>,
  increasingStride: boolean,
): PermutedButterfly<Butterfly<V>>[][];
export function fromBlockTwiddle<V extends FloatArray>(
  twiddle: ComplexTensor<V>,
  increasingStride: boolean,
): PermutedButterfly<ComplexButterfly<V>>[][];
export function fromBlockTwiddle(
  twiddle: AnyTensor,
  increasingStride: boolean,
): PermutedButterfly<AnyButterfly>[][] {
  const sizes = twiddleSizes(twiddle, 8);
  return read(twiddle, increasingStride, sizes).map((row) =>
    row.map((matrix, index) => {
      const increasing = increasingStride === (index % 2 === 0);
      return new PermutedButterfly(matrix, permutationsOf(sizes, increasing));
    }),
  );
}

/**
 * The twiddles of butterflies: {@link fromTwiddle} turned round.
 *
 * @throws PapilioError `TENSOR_SHAPE` unless all are dyadic of one size, real or complex, their strides in turn;
 *   `OPTION_INVALID`
 */
export function toTwiddle<V extends FloatArray>(
  stacks: Stacks<Butterfly<V>>,
  increasingStride: boolean,
): DenseTensor<V>;
export function toTwiddle<V extends FloatArray>(
  stacks: Stacks<ComplexButterfly<V>>,
  increasingStride: boolean,
): ComplexTensor<V>;
export function toTwiddle(stacks: Stacks<AnyButterfly>, increasingStride: boolean): AnyTensor {
  requireStacks(stacks, requireAnyButterfly);
  const { shape, values } = write(stacks, increasingStride);
  if (shape[6] === 1) return { shape: shape.slice(0, 6), values } as AnyTensor;
  throw fileError("TENSOR_SHAPE", "The butterflies have blocks: use toBlockTwiddle.");
}

/**
 * The twiddles of butterflies with blocks: {@link fromBlockTwiddle} turned round.
 *
 * @throws PapilioError `TENSOR_SHAPE` unless all are dyadic chains of one size and rank, real or complex, between
 *   these permutations, their strides in turn; `OPTION_INVALID`
 */
export function toBlockTwiddle<V extends FloatArray>(
  stacks: Stacks<PermutedButterfly<Butterfly<V>>>,
  increasingStride: boolean,
): DenseTensor<V>;
export function toBlockTwiddle<V extends FloatArray>(
  stacks: Stacks<PermutedButterfly<ComplexButterfly<V>>>,
  increasingStride: boolean,
): ComplexTensor<V>;
export function toBlockTwiddle(
  stacks: Stacks<PermutedButterfly<AnyButterfly>>,
  increasingStride: boolean,
): AnyTensor {
  requireStacks(stacks, (_, one) => {
    withPermutations(one as AnyButterfly);
  });
  const permuted = stacks.map((row) => row.map(withPermutations));
  const tensor = write(
    permuted.map((row) => row.map(({ matrix }) => matrix)),
    increasingStride,
  );
  const sizes = twiddleSizes(tensor, 8);
  for (const row of permuted) {
    for (const [index, { left, right }] of row.entries()) {
      const wanted = permutationsOf(sizes, increasingStride === (index % 2 === 0));
      if (isSamePermutation(left, wanted.left) && isSamePermutation(right, wanted.right)) continue;
      throw fileError("TENSOR_SHAPE", `Block ${index} is between other permutations.`);
    }
  }
  return tensor;
}

/** The first feature of each group first where the strides are widest: of the outputs, or of the inputs. */
function permutationsOf(
  { levels, block }: Sizes,
  increasing: boolean,
): { left?: Uint32Array; right?: Uint32Array } {
  const n = 2 ** levels;
  return increasing ? { left: transposition(block, n) } : { right: transposition(n, block) };
}

function read(twiddle: AnyTensor, increasingStride: boolean, sizes: Sizes): AnyButterfly[][] {
  requireBoolean("increasingStride", increasingStride);
  const { values } = twiddle;
  if (!isComplex<FloatArray>(values)) return readReal(values, increasingStride, sizes);
  const [re, im] = [values.re, values.im].map((part) => readReal(part, increasingStride, sizes));
  return (re as Butterfly<FloatArray>[][]).map((row, stack) =>
    row.map(({ factors }, index) => {
      const other = im?.[stack]?.[index] as Butterfly<FloatArray>;
      return new ComplexButterfly(
        factors.map(
          (factor, at) =>
            new ComplexKroneckerSparse(factor, other.factors[at] as KroneckerSparse<FloatArray>),
        ),
      );
    }),
  );
}

function readReal(
  values: FloatArray,
  increasingStride: boolean,
  { stacks, blocks, levels, block }: Sizes,
): Butterfly<FloatArray>[][] {
  const size = 2 ** (levels + 1) * block * block;
  return Array.from({ length: stacks }, (_, stack) =>
    Array.from({ length: blocks }, (__, index) => {
      const increasing = increasingStride === (index % 2 === 0);
      const factors = Array.from({ length: levels }, (___, level) => {
        const pattern = patternAt(level, levels, block, increasing);
        const start = ((stack * blocks + index) * levels + level) * size;
        const canonical = zerosLike(values, size);
        forEachEntry(pattern, block, increasing, (here, there) => {
          canonical[here] = values[start + there] as number;
        });
        return new KroneckerSparse(pattern, canonical);
      });
      return new Butterfly(factors.reverse());
    }),
  );
}

/** A tensor of eight axes, whatever the size of the blocks. */
function write(stacks: Stacks<AnyButterfly>, increasingStride: boolean): AnyTensor {
  requireBoolean("increasingStride", increasingStride);
  const first = stacks[0]?.[0];
  if (first === undefined) throw fileError("TENSOR_SHAPE", "There are no butterflies.");
  const complex = "conjugate" in first;
  for (const one of stacks.flat()) {
    if ("conjugate" in one === complex) continue;
    throw fileError("TENSOR_SHAPE", "Some of the butterflies are complex, and others are not.");
  }
  const part = (name: "re" | "im"): DenseTensor<FloatArray> =>
    writeReal(
      stacks.map((row) =>
        row.map(({ factors }) => factors.map((factor) => ("re" in factor ? factor[name] : factor))),
      ),
      increasingStride,
    );
  const re = part("re");
  return complex ? { ...re, values: { re: re.values, im: part("im").values } } : re;
}

function writeReal(
  stacks: Stacks<readonly KroneckerSparse<FloatArray>[]>,
  increasingStride: boolean,
): DenseTensor<FloatArray> {
  const first = stacks[0]?.[0] as readonly KroneckerSparse<FloatArray>[];
  const { pattern: given, values: like } = first[0] as KroneckerSparse<FloatArray>;
  const [levels, block] = [first.length, given.b / 2];
  const blocks = stacks[0]?.length as number;
  const size = given.nonZeros;
  const values = zerosLike(like, stacks.length * blocks * levels * size);
  for (const [stack, row] of stacks.entries()) {
    if (row.length !== blocks)
      throw fileError("TENSOR_SHAPE", "The stacks differ in their blocks.");
    for (const [index, factors] of row.entries()) {
      const increasing = increasingStride === (index % 2 === 0);
      for (let level = 0; level < levels; level++) {
        const factor = factors[levels - 1 - level];
        const pattern =
          block >= 1 ? patternAt(level, levels, Math.floor(block), increasing) : given;
        const fits = factor?.pattern.equals(pattern) && factors.length === levels;
        if (factor === undefined || !fits || !Number.isInteger(block)) {
          throw fileError(
            "TENSOR_SHAPE",
            `Level ${level} of block ${index} has the pattern ${factor?.pattern}, not ${pattern}.`,
          );
        }
        const start = ((stack * blocks + index) * levels + level) * size;
        const canonical = factor.expand().values;
        forEachEntry(pattern, block, increasing, (here, there) => {
          values[start + there] = canonical[here] as number;
        });
      }
    }
  }
  const shape = [stacks.length, blocks, levels, 2 ** (levels - 1), 2, 2, block, block];
  return { shape, values };
}

/** Pairs `2^level` groups apart, or the widest first. */
function patternAt(level: number, levels: number, block: number, increasing: boolean): Pattern {
  const stride = 2 ** (increasing ? level : levels - 1 - level);
  return new Pattern(2 ** (levels - 1) / stride, 2 * block, 2 * block, stride);
}

/**
 * Visits the entries of a level: where they lie among the values of a factor, and in a twiddle. Where the strides
 * increase, a row of a block is a feature of the group and then which one of the pair, a column the other way
 * round; where they decrease it is the transpose.
 */
function forEachEntry(
  { a, d }: Pattern,
  block: number,
  increasing: boolean,
  visit: (here: number, there: number) => void,
): void {
  const width = 2 * block;
  let there = 0;
  for (let outer = 0; outer < a; outer++) {
    for (let t = 0; t < d; t++) {
      for (let i = 0; i < 2; i++) {
        for (let j = 0; j < 2; j++) {
          for (let k = 0; k < block; k++) {
            for (let l = 0; l < block; l++, there++) {
              const row = increasing ? 2 * k + i : i * block + k;
              const column = increasing ? j * block + l : 2 * l + j;
              visit(((outer * width + row) * width + column) * d + t, there);
            }
          }
        }
      }
    }
  }
}

function requireStacks(stacks: unknown, check: (name: string, one: unknown) => void): void {
  requireListOf("The stacks", stacks, (name, row) => requireListOf(name, row, check));
}

function twiddleSizes(twiddle: AnyTensor, axes: 6 | 8): Sizes {
  requireObject("The tensor", twiddle, "an object with shape and values");
  const { shape, values } = twiddle;
  if (isComplex<FloatArray>(values)) requireParts(values);
  const real = isComplex<FloatArray>(values) ? values.re : values;
  const [stacks, blocks, levels, pairs, p, q, block = 1, other = 1] = sizesOf(
    { shape, values: real },
    axes,
  ) as [number, number, number, number, number, number, number?, number?];
  if (p === 2 && q === 2 && levels <= 30 && pairs === 2 ** (levels - 1) && block === other) {
    return { stacks, blocks, levels, block };
  }
  throw fileError(
    "TENSOR_SHAPE",
    `The shape ${describeValue(shape)} is no [stacks, blocks, log2 n, n/2, 2, 2${axes === 8 ? ", size, size" : ""}].`,
  );
}
