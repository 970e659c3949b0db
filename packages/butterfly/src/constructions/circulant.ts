import { indices, zeros } from "../numeric/float-array.ts";
import { circulantOf, circulantProduct } from "./circulant-product.ts";
import { type ConvolutionMode, convolutionAxis } from "./convolution-axis.ts";
import { fourierSize } from "./fourier-size.ts";
import { positions } from "./positions.ts";
import { complexOf, type TransformOf, type Values, wrap } from "./real-or-complex.ts";
import { requireSize } from "./size.ts";

/**
 * The circulant matrix of any size with a given first column, `C[i, j] = column[(i - j) mod n]`: the inverse
 * Fourier transform, a diagonal, and the Fourier transform. The digit reversals of the two cancel, the
 * diagonal is absorbed. A size with large prime factors is a part of a larger circulant matrix, in whose
 * vectors those of this one are padded, and cut from.
 *
 * @param column `n` numbers
 * @throws PapilioError `CONSTRUCTION_SIZE`, `COMPLEX_PARTS`, `ARRAY_TYPE`
 */
export function circulant<V extends Values>(column: V): TransformOf<V> {
  const { re, im } = complexOf(column);
  requireSize(re.length);
  return wrap(column, circulantOf({ re, im }));
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
  requireSize(Math.min(rows, cols));
  const n = fourierSize(rows + cols - 1);
  const around = { re: zeros("float64", n), im: zeros("float64", n) };
  for (const part of ["re", "im"] as const) {
    around[part].set(first[part]);
    for (let j = 1; j < cols; j++) around[part][n - j] = above[part][j] as number;
  }
  return wrap(column, circulantProduct(around, positions(rows, cols)));
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
  requireSize(Math.min(rows, cols));
  const n = fourierSize(rows + cols - 1);
  const around = { re: zeros("float64", n), im: zeros("float64", n) };
  for (let index = 0; index < rows + cols - 1; index++) {
    const [from, at] = index < rows ? [first, index] : [last, index - rows + 1];
    // With column j reversed to cols - 1 - j, the entry of i + j lies on the diagonal i - (cols - 1 - j).
    const to = (index - (cols - 1) + n) % n;
    around.re[to] = from.re[at] as number;
    around.im[to] = from.im[at] as number;
  }
  const input = indices(cols).map((_, j) => cols - 1 - j);
  const { output } = positions(rows, cols);
  return wrap(column, circulantProduct(around, { input, output }));
}

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
  const { re, im } = complexOf(kernel);
  const { size, start, count, indicesOf } = convolutionAxis(n, re.length, { mode });
  const around = { re: zeros("float64", size), im: zeros("float64", size) };
  for (let tap = 0; tap < re.length; tap++) {
    for (const index of indicesOf(tap)) {
      around.re[index] = re[tap] as number;
      around.im[index] = im[tap] as number;
    }
  }
  const whole = start === 0 && count === size && n === size;
  return wrap(kernel, circulantProduct(around, whole ? {} : positions(count, n, start)));
}
