import { sumOfSquares } from "../numeric/powers-of-two.ts";
import { kernelsFor } from "./kernels.ts";
import { floats } from "./scratch.ts";

/*
 * Loops that run very often name each number by a statement of its own: to destructure a list of them
 * costs an engine several times the arithmetic.
 */

/** Rows of a matrix that stay in a cache while all rows of another one are multiplied by them. */
const ROWS_IN_CACHE = 32;
/** Rows and columns that are transposed at once: the numbers of a line of the cache. */
const TILE = 8;

/**
 * A small dense matrix in double precision, row-major. Without imaginary parts it is real, and costs
 * a quarter of the arithmetic.
 */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly re: Float64Array;
  readonly im: Float64Array | undefined;
}

/** Zeros. */
export function matrix(rows: number, cols: number, complex: boolean): Matrix {
  const part = (): Float64Array => floats(rows * cols);
  return { rows, cols, re: part(), im: complex ? part() : undefined };
}

export function copyOf(a: Matrix): Matrix {
  const result = matrix(a.rows, a.cols, a.im !== undefined);
  result.re.set(a.re);
  if (a.im) result.im?.set(a.im);
  return result;
}

export function identity(size: number, complex: boolean): Matrix {
  const result = matrix(size, size, complex);
  for (let index = 0; index < size; index++) result.re[index * (size + 1)] = 1;
  return result;
}

/** `A^H`, `[cols, rows]`. */
export function adjoint(a: Matrix): Matrix {
  const result = transpose(a);
  const { im } = result;
  if (im) for (let index = 0; index < im.length; index++) im[index] = -(im[index] as number);
  return result;
}

/** `A^T`, `[cols, rows]`. */
export function transpose({ rows, cols, re, im }: Matrix): Matrix {
  const result = matrix(cols, rows, im !== undefined);
  transposeTiles(re, rows, cols, result.re);
  if (im && result.im) transposeTiles(im, rows, cols, result.im);
  return result;
}

/** Tile by tile: down a whole column each number would be in a line of the cache of its own. */
function transposeTiles(from: Float64Array, rows: number, cols: number, to: Float64Array): void {
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < cols; left += TILE) {
      const right = Math.min(cols, left + TILE);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          to[column * rows + row] = from[row * cols + column] as number;
        }
      }
    }
  }
}

/** `A B`, `[a.rows, b.cols]`; both real or both complex. */
export function multiplyMatrices(a: Matrix, b: Matrix): Matrix {
  const result = matrix(a.rows, b.cols, a.im !== undefined);
  addMultiple(result, 1, a, b);
  return result;
}

/** Makes `C` the rest `C - A B`, and returns its squared Frobenius norm. */
export function subtractProduct(c: Matrix, a: Matrix, b: Matrix): number {
  addMultiple(c, -1, a, b);
  return squaredNorm(c);
}

function addMultiple(to: Matrix, sign: 1 | -1, a: Matrix, b: Matrix): void {
  for (let first = 0; first < a.cols; first += ROWS_IN_CACHE) {
    const last = Math.min(a.cols, first + ROWS_IN_CACHE);
    addProduct(to.re, a.re, b.re, sign, a, b, first, last);
    if (!(a.im && b.im && to.im)) continue;
    addProduct(to.re, a.im, b.im, sign === 1 ? -1 : 1, a, b, first, last);
    addProduct(to.im, a.re, b.im, sign, a, b, first, last);
    addProduct(to.im, a.im, b.re, sign, a, b, first, last);
  }
}

/** `A^H B`, `[a.cols, b.cols]`, for matrices of as many rows. */
export function multiplyAdjoint(a: Matrix, b: Matrix): Matrix {
  return multiplyMatrices(adjoint(a), b);
}

/** `A A^H`, `[rows, rows]`: the products of rows. */
export function rowProducts(a: Matrix): Matrix {
  const { rows, cols } = a;
  const result = matrix(rows, rows, a.im !== undefined);
  addRowProducts(result.re, a.re, a.re, rows, cols, true);
  if (a.im && result.im) {
    addRowProducts(result.re, a.im, a.im, rows, cols, true);
    addRowProducts(result.im, a.im, a.re, rows, cols, false);
    for (let p = 0; p < rows; p++) {
      for (let q = 0; q <= p; q++) {
        const at = p * rows + q;
        const mirrored = q * rows + p;
        const part = (result.im[at] as number) - (result.im[mirrored] as number);
        result.im[at] = part;
        result.im[mirrored] = -part;
      }
    }
  }
  for (let p = 0; p < rows; p++) {
    for (let q = 0; q < p; q++) result.re[q * rows + p] = result.re[p * rows + q] as number;
  }
  return result;
}

/** The squared Frobenius norm of `A B^H`, for matrices of as many columns, without the product. */
export function squaredNormOfProduct(a: Matrix, b: Matrix): number {
  const { cols } = a;
  let sum = 0;
  for (let p = 0; p < a.rows; p++) {
    for (let q = 0; q < b.rows; q++) {
      let re = dot(a.re, b.re, p, q, cols);
      if (a.im && b.im) {
        re += dot(a.im, b.im, p, q, cols);
        sum += (dot(a.im, b.re, p, q, cols) - dot(a.re, b.im, p, q, cols)) ** 2;
      }
      sum += re ** 2;
    }
  }
  return sum;
}

/** The squared Frobenius norm. */
export function squaredNorm({ re, im }: Matrix): number {
  return sumOfSquares(re) + (im ? sumOfSquares(im) : 0);
}

/** Adds `sign` times a product of parts, of the inner indices `first` to `last - 1`. */
function addProduct(
  to: Float64Array,
  x: Float64Array,
  y: Float64Array,
  sign: 1 | -1,
  { rows, cols: inner }: Matrix,
  { cols }: Matrix,
  first: number,
  last: number,
): void {
  const kernels = kernelsFor(to, x, y);
  if (kernels !== undefined) {
    const p = x.byteOffset;
    const q = y.byteOffset;
    kernels.addProduct(to.byteOffset, p, q, sign, rows, inner, cols, first, last);
    return;
  }
  for (let row = 0; row < rows; row++) {
    const base = row * inner;
    const target = row * cols;
    let t = first;
    // Four rows at a time: each sum is read and written once for all of them.
    for (; t + 3 < last; t += 4) {
      const p = sign * (x[base + t] as number);
      const q = sign * (x[base + t + 1] as number);
      const r = sign * (x[base + t + 2] as number);
      const s = sign * (x[base + t + 3] as number);
      const i = t * cols;
      const j = (t + 1) * cols;
      const k = (t + 2) * cols;
      const l = (t + 3) * cols;
      for (let column = 0; column < cols; column++) {
        to[target + column] =
          (to[target + column] as number) +
          (p * (y[i + column] as number) + q * (y[j + column] as number)) +
          (r * (y[k + column] as number) + s * (y[l + column] as number));
      }
    }
    for (; t < last; t++) {
      const p = sign * (x[base + t] as number);
      const i = t * cols;
      for (let column = 0; column < cols; column++) {
        to[target + column] = (to[target + column] as number) + p * (y[i + column] as number);
      }
    }
  }
}

/**
 * Adds products of rows of `x` and rows of `y`, `[rows, cols]` both, to a square matrix: two by two, so
 * that four sums are under way. For a symmetric matrix what is above the diagonal is left as it is.
 */
function addRowProducts(
  to: Float64Array,
  x: Float64Array,
  y: Float64Array,
  rows: number,
  cols: number,
  symmetric: boolean,
): void {
  const kernels = kernelsFor(to, x, y);
  if (kernels !== undefined) {
    kernels.addRowProducts(to.byteOffset, x.byteOffset, y.byteOffset, rows, cols, symmetric);
    return;
  }
  for (let p = 0; p < rows; p += 2) {
    // The last of an odd number of rows twice, whose second sums are not written.
    const i = p * cols;
    const j = p + 1 < rows ? i + cols : i;
    for (let q = 0; symmetric ? q <= p : q < rows; q += 2) {
      const k = q * cols;
      const l = q + 1 < rows ? k + cols : k;
      let ik = 0;
      let il = 0;
      let jk = 0;
      let jl = 0;
      for (let column = 0; column < cols; column++) {
        const a = x[i + column] as number;
        const b = x[j + column] as number;
        const c = y[k + column] as number;
        const d = y[l + column] as number;
        ik += a * c;
        il += a * d;
        jk += b * c;
        jl += b * d;
      }
      const at = p * rows + q;
      to[at] = (to[at] as number) + ik;
      if (l !== k) to[at + 1] = (to[at + 1] as number) + il;
      if (j === i) continue;
      to[at + rows] = (to[at + rows] as number) + jk;
      if (l !== k) to[at + rows + 1] = (to[at + rows + 1] as number) + jl;
    }
  }
}

/** Row `p` of `x` times row `q` of `y`. */
function dot(x: Float64Array, y: Float64Array, p: number, q: number, cols: number): number {
  let sum = 0;
  for (let j = 0; j < cols; j++) sum += (x[p * cols + j] as number) * (y[q * cols + j] as number);
  return sum;
}
