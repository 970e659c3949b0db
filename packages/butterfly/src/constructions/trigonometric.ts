import { requireBoolean, requireOneOf, requireOptions } from "../errors/argument-checks.ts";
import { ButterflyProduct, RealTransform } from "../matrix/butterfly-product.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { indices } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { type ExactButterfly, fourierButterfly } from "./fourier.ts";
import {
  bitReversal,
  composePermutations,
  evenThenOddDescending,
  reversal,
} from "./permutations.ts";
import { type ComplexNumber, multiplyNumbers, rootOfUnity } from "./roots-of-unity.ts";
import { scaleColumns, scaleRows } from "./scale.ts";
import { requirePowerOfTwo } from "./size.ts";

const TRANSFORM_TYPES = [2, 3, 4] as const;

/** Types of cosine and sine transforms, by their usual numbers. */
export type TransformType = (typeof TRANSFORM_TYPES)[number];

export interface TransformOptions {
  /** Scales rows, so that the matrix is orthogonal. */
  readonly orthonormal?: boolean;
}

/**
 * The discrete cosine transform of `n = 2^L` points, unscaled as in SciPy unless `orthonormal`:
 *
 * - II: `y[k] = 2 Σ x[j]·cos(πk(2j+1)/(2n))`
 * - III: `y[k] = x[0] + 2 Σ_{j>0} x[j]·cos(πj(2k+1)/(2n))`
 * - IV: `y[k] = 2 Σ x[j]·cos(π(2j+1)(2k+1)/(4n))`
 *
 * II is the real part of a Fourier transform of the inputs, those at even positions first and then those
 * at odd ones descending, times roots of unity; III is its transpose; IV takes half as many points.
 *
 * Source: Makhoul, "A fast cosine transform in one and two dimensions" (1980).
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function cosine(
  n: number,
  type: TransformType,
  options: TransformOptions = {},
): RealTransform {
  const orthonormal = isOrthonormal(options);
  requireOneOf("The type of a cosine transform", type, TRANSFORM_TYPES);
  switch (type) {
    case 2:
      return realPart(cosineTwo(n, orthonormal));
    case 3:
      return realPart(cosineThree(n, orthonormal));
    case 4:
      return realPart(cosineFour(n, orthonormal));
  }
}

/**
 * The discrete sine transform of `n = 2^L` points, unscaled as in SciPy unless `orthonormal`:
 *
 * - II: `y[k] = 2 Σ x[j]·sin(π(k+1)(2j+1)/(2n))`
 * - III: `y[k] = (-1)^k x[n-1] + 2 Σ_{j<n-1} x[j]·sin(π(j+1)(2k+1)/(2n))`
 * - IV: `y[k] = 2 Σ x[j]·sin(π(2j+1)(2k+1)/(4n))`
 *
 * Each is the cosine transform of its type with rows or columns reversed and every other sign changed.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`, `OPTION_INVALID`
 */
export function sine(
  n: number,
  type: TransformType,
  options: TransformOptions = {},
): RealTransform {
  const orthonormal = isOrthonormal(options);
  requireOneOf("The type of a sine transform", type, TRANSFORM_TYPES);
  switch (type) {
    case 2:
      return realPart(sineTwo(n, orthonormal));
    case 3:
      return realPart(sineThree(n, orthonormal));
    case 4:
      return realPart(alternateColumns(reverseRows(cosineFour(n, orthonormal))));
  }
}

/**
 * The discrete Hartley transform of `n = 2^L` points, `y[k] = Σ x[j]·(cos + sin)(2πjk/n)`: the real
 * part of `1 + i` times the Fourier transform. Symmetric; orthonormal over `sqrt(n)`.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE`
 */
export function hartley(n: number, options: TransformOptions = {}): RealTransform {
  const orthonormal = isOrthonormal(options);
  const transform = fourierButterfly(n);
  const scale = orthonormal ? 1 / Math.sqrt(n) : 1;
  const matrix = scaleRows(transform, () => ({ re: scale, im: scale }));
  return realPart(new PermutedButterfly(matrix.share(), { right: bitReversal(n) }));
}

/** @throws PapilioError `OPTION_INVALID` */
function isOrthonormal(options: TransformOptions): boolean {
  requireOptions("The options", options);
  const { orthonormal = false } = options;
  requireBoolean("orthonormal", orthonormal);
  return orthonormal;
}

type Permuted = PermutedButterfly<ExactButterfly>;

function realPart(matrix: Permuted): RealTransform {
  return new RealTransform(new ButterflyProduct([matrix]));
}

/** `2 exp(-πik/(2n))` times the Fourier transform of the permuted inputs. */
function cosineTwo(n: number, orthonormal: boolean): Permuted {
  const matrix = scaleRows(fourierButterfly(n), (k) => {
    const scale = orthonormal ? Math.sqrt((k === 0 ? 1 : 2) / n) : 2;
    return times(scale, rootOfUnity(k, 4 * n));
  });
  return new PermutedButterfly(matrix, {
    right: composePermutations(evenThenOddDescending(n), bitReversal(n)),
  });
}

/** The transpose of type II, its first column not doubled. */
function cosineThree(n: number, orthonormal: boolean): Permuted {
  return halveColumn(cosineTwo(n, orthonormal).transpose(), 0, orthonormal);
}

function sineTwo(n: number, orthonormal: boolean): Permuted {
  return alternateColumns(reverseRows(cosineTwo(n, orthonormal)));
}

/** The transpose of type II, its last column not doubled. */
function sineThree(n: number, orthonormal: boolean): Permuted {
  return halveColumn(sineTwo(n, orthonormal).transpose(), n - 1, orthonormal);
}

/** Halves the column of an input, unless the matrix is orthonormal as it is. */
function halveColumn(permuted: Permuted, input: number, orthonormal: boolean): Permuted {
  if (orthonormal) return permuted;
  const { right } = permuted;
  return permuted.map((matrix) =>
    scaleColumns(matrix, (column) => ({
      re: (right?.[column] ?? column) === input ? 0.5 : 1,
      im: 0,
    })),
  );
}

/**
 * Pairs of inputs, the one at `2j` and the one at `n-1-2j`, make complex numbers; of the Fourier
 * transform of these the real parts are the outputs at `2k`, the imaginary ones, negated, those at
 * `n-1-2k`.
 */
function cosineFour(n: number, orthonormal: boolean): Permuted {
  requirePowerOfTwo(n, 2);
  const half = n / 2;
  const scale = orthonormal ? Math.sqrt(2 / n) : 2;
  const reversed = bitReversal(half);
  const before = factorOf(new Pattern(half, 1, 2, 1), (index) => {
    const j = reversed[Math.floor(index / 2)] as number;
    const twiddle = rootOfUnity(4 * j + 1, 8 * n);
    return index % 2 === 0 ? twiddle : timesI(twiddle);
  });
  const after = factorOf(new Pattern(1, 2, 1, half), (index) => {
    const twiddle = times(scale, rootOfUnity(index % half, 2 * n));
    return index < half ? twiddle : timesI(twiddle);
  });
  const between = half > 1 ? fourierButterfly(half).factors : [];
  const matrix = new ComplexButterfly([after, ...between, before]);
  const right = indices(n).map((_, p) => {
    const j = 2 * (reversed[Math.floor(p / 2)] as number);
    return p % 2 === 0 ? j : n - 1 - j;
  });
  const left = indices(n).map((_, k) => (k % 2 === 0 ? k / 2 : half + (n - 1 - k) / 2));
  return new PermutedButterfly(matrix, { left, right });
}

function reverseRows(permuted: Permuted): Permuted {
  const { matrix, left, right, rows } = permuted;
  const turned = reversal(rows);
  return new PermutedButterfly(matrix, {
    left: left ? composePermutations(left, turned) : turned,
    right,
  });
}

/** Changes the signs of every other column, from the second on. */
function alternateColumns(permuted: Permuted): Permuted {
  const { right } = permuted;
  return permuted.map((matrix) =>
    scaleColumns(matrix, (column) => {
      const input = right?.[column] ?? column;
      return { re: input % 2 === 0 ? 1 : -1, im: 0 };
    }),
  );
}

function factorOf(
  pattern: Pattern,
  entry: (index: number) => ComplexNumber,
): ComplexKroneckerSparse<Float64Array> {
  const values = Array.from({ length: pattern.nonZeros }, (_, index) => entry(index));
  return new ComplexKroneckerSparse(
    new KroneckerSparse(
      pattern,
      Float64Array.from(values, ({ re }) => re),
    ),
    new KroneckerSparse(
      pattern,
      Float64Array.from(values, ({ im }) => im),
    ),
  );
}

function times(scale: number, { re, im }: ComplexNumber): ComplexNumber {
  return { re: scale * re, im: scale * im };
}

function timesI(number: ComplexNumber): ComplexNumber {
  return multiplyNumbers({ re: 0, im: 1 }, number);
}
