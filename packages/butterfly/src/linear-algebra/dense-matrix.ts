import { floats } from "./scratch.ts";

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

export function identity(size: number, complex: boolean): Matrix {
  const result = matrix(size, size, complex);
  for (let index = 0; index < size; index++) result.re[index * (size + 1)] = 1;
  return result;
}

/** `A^H`, `[cols, rows]`. */
export function adjoint(a: Matrix): Matrix {
  const result = matrix(a.cols, a.rows, a.im !== undefined);
  for (let row = 0; row < a.rows; row++) {
    for (let column = 0; column < a.cols; column++) {
      const [from, to] = [row * a.cols + column, column * a.rows + row];
      result.re[to] = a.re[from] as number;
      if (result.im) result.im[to] = -((a.im as Float64Array)[from] as number);
    }
  }
  return result;
}

/** `A B`, `[a.rows, b.cols]`; both real or both complex. */
export function multiplyMatrices(a: Matrix, b: Matrix): Matrix {
  const { rows, cols: inner } = a;
  const { cols } = b;
  const result = matrix(rows, cols, a.im !== undefined);
  for (let row = 0; row < rows; row++) {
    for (let t = 0; t < inner; t++) {
      const at = row * inner + t;
      addScaledRow(result, row, a.re[at] as number, a.im ? (a.im[at] as number) : 0, b, t);
    }
  }
  return result;
}

/** `A^H B`, `[a.cols, b.cols]`, for matrices of as many rows. */
export function multiplyAdjoint(a: Matrix, b: Matrix): Matrix {
  const result = matrix(a.cols, b.cols, a.im !== undefined);
  for (let row = 0; row < a.rows; row++) {
    for (let column = 0; column < a.cols; column++) {
      const at = row * a.cols + column;
      addScaledRow(result, column, a.re[at] as number, a.im ? -(a.im[at] as number) : 0, b, row);
    }
  }
  return result;
}

/** `A A^H`, `[rows, rows]`: the products of rows. */
export function rowProducts(a: Matrix): Matrix {
  const { rows } = a;
  const result = matrix(rows, rows, a.im !== undefined);
  for (let p = 0; p < rows; p++) {
    for (let q = 0; q <= p; q++) {
      const [at, mirrored] = [p * rows + q, q * rows + p];
      result.re[at] = dot(a.re, a.re, p, q, a.cols);
      if (a.im && result.im) {
        result.re[at] = (result.re[at] as number) + dot(a.im, a.im, p, q, a.cols);
        result.im[at] = dot(a.im, a.re, p, q, a.cols) - dot(a.re, a.im, p, q, a.cols);
        result.im[mirrored] = -(result.im[at] as number);
      }
      result.re[mirrored] = result.re[at] as number;
    }
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

/** The squared Frobenius norm of `A - B`. */
export function squaredDistance(a: Matrix, b: Matrix): number {
  const distance = (p: Float64Array, q: Float64Array): number => {
    let sum = 0;
    for (let index = 0; index < p.length; index++) {
      sum += ((p[index] as number) - (q[index] as number)) ** 2;
    }
    return sum;
  };
  return distance(a.re, b.re) + (a.im && b.im ? distance(a.im, b.im) : 0);
}

/** Row `to` of `y` plus `(re + i·im)` times row `from` of `x`. */
function addScaledRow(
  y: Matrix,
  to: number,
  re: number,
  im: number,
  x: Matrix,
  from: number,
): void {
  const { cols } = x;
  const [target, source] = [to * cols, from * cols];
  if (x.im === undefined) {
    for (let j = 0; j < cols; j++) {
      y.re[target + j] = (y.re[target + j] as number) + re * (x.re[source + j] as number);
    }
    return;
  }
  const yIm = y.im as Float64Array;
  for (let j = 0; j < cols; j++) {
    const [p, q] = [x.re[source + j] as number, x.im[source + j] as number];
    y.re[target + j] = (y.re[target + j] as number) + re * p - im * q;
    yIm[target + j] = (yIm[target + j] as number) + re * q + im * p;
  }
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index] as number) ** 2;
  return sum;
}

/** Row `p` of `x` times row `q` of `y`. */
function dot(x: Float64Array, y: Float64Array, p: number, q: number, cols: number): number {
  let sum = 0;
  for (let j = 0; j < cols; j++) sum += (x[p * cols + j] as number) * (y[q * cols + j] as number);
  return sum;
}
