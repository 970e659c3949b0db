import { requireFloats, requireOneOf } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { ButterflyProduct, RealTransform } from "../matrix/butterfly-product.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { referenceProduct } from "../matrix/reference-product.ts";
import type { Complex } from "../numeric/complex.ts";
import { isComplex, requireParts } from "../numeric/complex.ts";
import { type FloatArray, indices, zeros } from "../numeric/float-array.ts";
import { fourier, fourierButterfly } from "./fourier.ts";
import { bitReversal } from "./permutations.ts";
import { scaleRows } from "./scale.ts";
import { powerOfTwoFrom, requirePowerOfTwo, requireSome } from "./size.ts";

type Values = FloatArray | Complex<FloatArray>;

/** A transform of real vectors for real values, of complex ones for complex values. */
type TransformOf<V extends Values> = V extends FloatArray ? RealTransform : ButterflyProduct;

/**
 * The circulant matrix of `n = 2^L` with a given first column, `C[i, j] = column[(i - j) mod n]`: the
 * inverse Fourier transform, a diagonal, and the Fourier transform. The bit reversals of the two
 * cancel, the diagonal is absorbed.
 *
 * @param column `n` numbers
 * @throws PapilioError `CONSTRUCTION_SIZE`, `COMPLEX_PARTS`
 */
export function circulant<V extends Values>(column: V): TransformOf<V> {
  const { re, im } = complexOf(column);
  requirePowerOfTwo(re.length, 2);
  return wrap(column, circulantProduct({ re, im }));
}

/**
 * The Toeplitz matrix with a given first column and first row, `T[i, j] = column[i - j]` from the
 * diagonal down and `row[j - i]` above it: a part of a circulant one of at least `rows + cols - 1`.
 *
 * @param column `rows` numbers, the first of them on the diagonal
 * @param row `cols` numbers; the first one is not used
 * @throws PapilioError `CONSTRUCTION_SIZE`, `COMPLEX_PARTS`
 */
export function toeplitz<V extends Values>(column: V, row: V): TransformOf<V> {
  const [first, above] = [complexOf(column), complexOf(row)];
  const [rows, cols] = [first.re.length, above.re.length];
  requireSome(Math.min(rows, cols));
  const n = powerOfTwoFrom(rows + cols - 1);
  const around = { re: zeros("float64", n), im: zeros("float64", n) };
  for (const part of ["re", "im"] as const) {
    around[part].set(first[part]);
    for (let j = 1; j < cols; j++) around[part][n - j] = above[part][j] as number;
  }
  const input = indices(cols).map((_, j) => j);
  const output = indices(rows).map((_, i) => i);
  return wrap(column, circulantProduct(around, { input, output }));
}

/**
 * The Hankel matrix with a given first column and last row, `H[i, j] = column[i + j]` and, beyond the
 * column's end, `row[i + j - rows + 1]`: a Toeplitz matrix with its columns reversed.
 *
 * @param column `rows` numbers
 * @param row `cols` numbers; the first one is not used
 * @throws PapilioError `CONSTRUCTION_SIZE`, `COMPLEX_PARTS`
 */
export function hankel<V extends Values>(column: V, row: V): TransformOf<V> {
  const [first, last] = [complexOf(column), complexOf(row)];
  const [rows, cols] = [first.re.length, last.re.length];
  requireSome(Math.min(rows, cols));
  const n = powerOfTwoFrom(rows + cols - 1);
  const around = { re: zeros("float64", n), im: zeros("float64", n) };
  for (let index = 0; index < rows + cols - 1; index++) {
    const [from, at] = index < rows ? [first, index] : [last, index - rows + 1];
    // With column j reversed to cols - 1 - j, the entry of i + j lies on the diagonal i - (cols - 1 - j).
    const to = (index - (cols - 1) + n) % n;
    around.re[to] = from.re[at] as number;
    around.im[to] = from.im[at] as number;
  }
  const input = indices(cols).map((_, j) => cols - 1 - j);
  const output = indices(rows).map((_, i) => i);
  return wrap(column, circulantProduct(around, { input, output }));
}

const CONVOLUTION_MODES = ["full", "same", "valid", "circular"] as const;

/** Which outputs of a convolution are kept, as in SciPy; `circular` wraps around. */
export type ConvolutionMode = (typeof CONVOLUTION_MODES)[number];

/**
 * The convolution of vectors of `n` numbers with a kernel, `y[i] = Σ kernel[i - j]·x[j]`, any `n`.
 * `full` has `n + kernel - 1` outputs, `same` the middle `n` of them, `valid` those that the whole
 * kernel lies on, `circular` has indices modulo `n`.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE` unless the kernel is at most as long as the vectors for
 *   `valid` and `circular`; `COMPLEX_PARTS`, `ARRAY_TYPE`, `OPTION_INVALID`
 */
export function convolution<V extends Values>(
  kernel: V,
  n: number,
  mode: ConvolutionMode = "full",
): TransformOf<V> {
  requireOneOf("The mode of a convolution", mode, CONVOLUTION_MODES);
  const { re, im } = complexOf(kernel);
  const { length } = re;
  requireSome(n);
  requireSome(length);
  const wraps = mode === "circular";
  if ((wraps || mode === "valid") && length > n) throw tooLong(length, n);
  const size = powerOfTwoFrom(wraps ? 2 * n - 1 : n + length - 1);
  const around = { re: zeros("float64", size), im: zeros("float64", size) };
  for (let index = 0; index < length; index++) {
    // Around the end of the vectors is before their start.
    for (const at of wraps && index > 0 ? [index, size - n + index] : [index]) {
      around.re[at] = re[index] as number;
      around.im[at] = im[index] as number;
    }
  }
  const [start, count] = {
    full: [0, n + length - 1],
    same: [Math.floor((length - 1) / 2), n],
    valid: [length - 1, n - length + 1],
    circular: [0, n],
  }[mode] as [number, number];
  const input = indices(n).map((_, j) => j);
  const output = indices(count).map((_, i) => start + i);
  return wrap(kernel, circulantProduct(around, { input, output }));
}

/** `conj(B)·D·B^T / n` for the Fourier matrix `B P`, its bit reversal `P`, and `D = P diag(F column) P`. */
function circulantProduct(
  column: Complex<FloatArray>,
  placement: { input?: Uint32Array; output?: Uint32Array } = {},
): ButterflyProduct {
  const n = column.re.length;
  const exact = { re: Float64Array.from(column.re), im: Float64Array.from(column.im) };
  const spectrum = referenceProduct(fourier(n), exact, { batch: 1, layout: "batch-first" });
  const reversed = bitReversal(n);
  const butterfly = fourierButterfly(n);
  const first = scaleRows(butterfly.transpose(), (row) => {
    const at = reversed[row] as number;
    return { re: (spectrum.re[at] as number) / n, im: (spectrum.im[at] as number) / n };
  });
  return new ButterflyProduct(
    [new PermutedButterfly(butterfly.conjugate()), new PermutedButterfly(first)],
    placement,
  );
}

function complexOf(values: Values): Complex<FloatArray> {
  if (isComplex(values)) {
    requireParts(values);
    return values;
  }
  requireFloats("What a matrix is made of", values);
  return { re: values, im: zeros("float64", values.length) };
}

function wrap<V extends Values>(values: V, product: ButterflyProduct): TransformOf<V> {
  return (isComplex(values) ? product : new RealTransform(product)) as TransformOf<V>;
}

function tooLong(length: number, n: number): PapilioError {
  return new PapilioError(
    "CONSTRUCTION_SIZE",
    `The kernel has ${length} numbers, but the vectors only ${n}.`,
    "Use a shorter kernel, or the mode full or same.",
  );
}
