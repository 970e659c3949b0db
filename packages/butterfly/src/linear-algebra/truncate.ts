import { exponentOf } from "../numeric/powers-of-two.ts";
import {
  identity,
  type Matrix,
  matrix,
  multiplyAdjoint,
  multiplyMatrices,
  rowProducts,
  squaredDistance,
} from "./dense-matrix.ts";
import { leadingEigenvectors } from "./hermitian-eigen.ts";
import { orthonormalize } from "./orthonormalize.ts";
import { floats } from "./scratch.ts";

/** `A ≈ left · right`: see {@link truncate}. */
export interface Truncation {
  /** `[rows, rank]`, orthonormal columns, and zeros where the matrix has a lower rank. */
  readonly left: Matrix;
  /** `[rank, cols]`. */
  readonly right: Matrix;
  /** The squared Frobenius norm of what was dropped. */
  readonly dropped: number;
}

/**
 * The best approximation of a matrix by one of rank at most `rank`, as by a truncated singular value
 * decomposition, with the orthonormal side on the left. Operations: `rows·cols·min(rows, cols)` and
 * `5·min(rows, cols)³`.
 *
 * The singular vectors are eigenvectors of the smaller Gram matrix, which squares the condition
 * number; a step of subspace iteration on the matrix itself makes up for it, so that a matrix of that
 * rank is recovered to rounding. What was dropped is measured, not computed from singular values: it
 * would be lost in their rounding.
 *
 * @param a finite
 * @throws PapilioError `EIGEN_NOT_CONVERGED`
 */
export function truncate(a: Matrix, rank: number): Truncation {
  const most = Math.min(a.rows, a.cols);
  const exponent = exponentOf(a.im === undefined ? [a.re] : [a.re, a.im]) ?? 0;
  const scaled = scale(a, -exponent);
  const left = rank < most ? leadingRange(scaled, rank) : wholeRange(scaled);
  const right = multiplyAdjoint(left, scaled);
  const dropped = squaredDistance(scaled, multiplyMatrices(left, right));
  return {
    left: widen(left, rank),
    right: scale(padRows(right, rank), exponent),
    dropped: dropped * 2 ** exponent * 2 ** exponent,
  };
}

/** Orthonormal columns that span the leading left singular vectors. */
function leadingRange(a: Matrix, rank: number): Matrix {
  if (a.cols <= a.rows) {
    const vectors = leadingEigenvectors(multiplyAdjoint(a, a), rank);
    return orthonormalize(multiplyMatrices(a, vectors)).q;
  }
  const vectors = leadingEigenvectors(rowProducts(a), rank);
  const onTheRight = orthonormalize(multiplyAdjoint(a, vectors)).q;
  return orthonormalize(multiplyMatrices(a, onTheRight)).q;
}

/** Orthonormal columns that span all of the matrix. */
function wholeRange(a: Matrix): Matrix {
  return a.rows <= a.cols ? identity(a.rows, a.im !== undefined) : orthonormalize(a).q;
}

/** The matrix times a power of two: squares of entries of about 1 neither overflow nor vanish. */
function scale(a: Matrix, exponent: number): Matrix {
  if (exponent === 0) return a;
  // Not at once: the power itself may be out of range, where the product is not.
  const half = Math.trunc(exponent / 2);
  const [first, second] = [2 ** half, 2 ** (exponent - half)];
  const part = (values: Float64Array): Float64Array => {
    const result = floats(values.length);
    for (let index = 0; index < values.length; index++) {
      result[index] = (values[index] as number) * first * second;
    }
    return result;
  };
  return { ...a, re: part(a.re), im: a.im && part(a.im) };
}

/** The matrix with zero columns up to `cols`. */
function widen(a: Matrix, cols: number): Matrix {
  if (a.cols === cols) return a;
  const result = matrix(a.rows, cols, a.im !== undefined);
  for (let row = 0; row < a.rows; row++) {
    result.re.set(a.re.subarray(row * a.cols, (row + 1) * a.cols), row * cols);
    if (a.im) result.im?.set(a.im.subarray(row * a.cols, (row + 1) * a.cols), row * cols);
  }
  return result;
}

/** The matrix with zero rows up to `rows`. */
function padRows(a: Matrix, rows: number): Matrix {
  if (a.rows === rows) return a;
  const result = matrix(rows, a.cols, a.im !== undefined);
  result.re.set(a.re);
  if (a.im) result.im?.set(a.im);
  return result;
}
