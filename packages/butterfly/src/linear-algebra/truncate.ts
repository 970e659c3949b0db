import { exponentOf } from "../numeric/powers-of-two.ts";
import {
  adjoint,
  copyOf,
  identity,
  type Matrix,
  matrix,
  multiplyAdjoint,
  multiplyMatrices,
  rowProducts,
  squaredNorm,
  squaredNormOfProduct,
  subtractProduct,
} from "./dense-matrix.ts";
import { type Dropped, EIGEN_ERROR, LARGE, roundingOf } from "./dropped.ts";
import { eigenvalues, leadingEigenvectors } from "./hermitian-eigen.ts";
import { orthonormalize } from "./orthonormalize.ts";
import { floats } from "./scratch.ts";

/** `A ≈ left · right`: see {@link truncate}. */
export interface Truncation extends Dropped {
  /** `[rows, rank]`, orthonormal columns, and zeros where the matrix has a lower rank. */
  readonly left: Matrix;
  /** `[rank, cols]`. */
  readonly right: Matrix;
}

/** Of squared norms whose squares are in range, and those of their roundings. */
const SAFE_EXPONENT = 300;
/** How much larger than the next one an eigenvalue is where the leading part ends. */
const APART = 1.1;

/**
 * The best approximation of a matrix by one of rank at most `rank`, as by a truncated singular value
 * decomposition, with the orthonormal side on the left. Operations: `rows·cols·min(rows, cols)` and
 * `5·min(rows, cols)³`.
 *
 * The singular vectors are eigenvectors of the smaller Gram matrix, which squares the condition
 * number; a step of subspace iteration on the matrix itself makes up for it, so that a matrix of that
 * rank is recovered to rounding. What squares cannot tell apart is found of what the leading part leaves.
 *
 * @param a finite
 * @throws PapilioError `EIGEN_NOT_CONVERGED`
 */
export function truncate(a: Matrix, rank: number): Truncation {
  const most = Math.min(a.rows, a.cols);
  const given = squaredNorm(a);
  const isSafe = given > 2 ** -SAFE_EXPONENT && given < 2 ** SAFE_EXPONENT;
  const exponent = isSafe ? 0 : (exponentOf(a.im === undefined ? [a.re] : [a.re, a.im]) ?? 0);
  const scaled = scale(a, -exponent);
  const norm = isSafe ? given : squaredNorm(scaled);
  const found =
    rank < most
      ? leading(scaled, rank, norm, roundingOf(a.rows, a.cols, norm))
      : { ...project(scaled, wholeRange(scaled)), least: 0 };
  const square = (norm: number): number => norm * 2 ** exponent * 2 ** exponent;
  return {
    left: widen(found.left, rank),
    right: scale(padRows(found.right, rank), exponent),
    dropped: square(found.dropped),
    least: square(found.least),
  };
}

interface Projection {
  readonly left: Matrix;
  readonly right: Matrix;
  /** What the projection drops, and its squared norm. */
  readonly rest: Matrix;
  readonly dropped: number;
}

function project(a: Matrix, left: Matrix): Projection {
  const right = multiplyAdjoint(left, a);
  const rest = copyOf(a);
  return { left, right, rest, dropped: subtractProduct(rest, left, right) };
}

/**
 * The leading part of a matrix, for a rank below its own sides. Eigenvalues of the Gram matrix that are small beside
 * its largest are rounding: where they matter, those that are large are taken out, and the rest of the matrix has
 * a Gram matrix of its own.
 *
 * What must be dropped follows from `A A^H` in the basis of the projection: its eigenvalues are those of the two
 * diagonal blocks, but for the square of what is beside them over the gap between them. Source: Mathias,
 * "Quadratic residual bounds for the Hermitian eigenvalue problem" (1998).
 *
 * @param norm of the matrix, squared
 * @param rounding norm below which what is left is none of the matrix
 */
function leading(a: Matrix, rank: number, norm: number, rounding: number): Projection & Dropped {
  const found = project(a, leadingRange(a, rank));
  const { dropped } = found;
  if (dropped <= rounding ** 2) return { ...found, least: 0 };
  const simple = { ...found, least: Math.max(0, dropped - rank * EIGEN_ERROR * norm) };
  if (dropped > LARGE * norm) return simple;
  const kept = eigenvalues(rowProducts(found.right));
  const count = largeEigenvalues(kept, dropped, norm);
  if (count === 0) return simple;
  const first = count === rank ? found : project(a, firstColumns(found.left, count));
  const rest =
    count === rank ? undefined : leading(first.rest, rank - count, first.dropped, rounding);
  const beside = squaredNormOfProduct(first.right, first.rest);
  const gap = (kept[count - 1] as number) - (kept[count] ?? 0) - dropped;
  const least = Math.max(0, (rest?.least ?? dropped) - (count * beside) / gap);
  if (rest === undefined) return { ...found, least };
  const better = project(a, orthonormalize(joinColumns(first.left, rest.left)).q);
  return { ...(better.dropped < dropped ? better : found), least };
}

/** How many of the eigenvalues, which descend, are large, and well apart from those after them. */
function largeEigenvalues(kept: Float64Array, dropped: number, norm: number): number {
  let count = kept.findLastIndex((value) => value > LARGE * norm) + 1;
  while (count > 0) {
    const next = kept[count] ?? 0;
    if ((kept[count - 1] as number) > APART * (next + dropped)) break;
    count--;
  }
  return count;
}

function firstColumns(a: Matrix, count: number): Matrix {
  const result = matrix(a.rows, count, a.im !== undefined);
  copyColumns(a, result, 0, count);
  return result;
}

/** The columns of both, one after the other. */
function joinColumns(a: Matrix, b: Matrix): Matrix {
  const result = matrix(a.rows, a.cols + b.cols, a.im !== undefined);
  copyColumns(a, result, 0, a.cols);
  copyColumns(b, result, a.cols, b.cols);
  return result;
}

/** Copies the first columns of a matrix to those from `start` on. */
function copyColumns(a: Matrix, to: Matrix, start: number, count: number): void {
  for (let row = 0; row < a.rows; row++) {
    for (let column = 0; column < count; column++) {
      const p = row * a.cols + column;
      const q = row * to.cols + start + column;
      to.re[q] = a.re[p] as number;
      if (a.im && to.im) to.im[q] = a.im[p] as number;
    }
  }
}

/** Orthonormal columns that span the leading left singular vectors. */
function leadingRange(a: Matrix, rank: number): Matrix {
  if (a.cols <= a.rows) {
    const vectors = leadingEigenvectors(rowProducts(adjoint(a)), rank);
    return orthonormalize(multiplyMatrices(a, vectors)).q;
  }
  const vectors = leadingEigenvectors(rowProducts(a), rank);
  // A single one is wrong by a rounding over the gap after it, which drops a rounding squared more.
  if (rank === 1) return vectors;
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
  const first = 2 ** half;
  const second = 2 ** (exponent - half);
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
  copyColumns(a, result, 0, a.cols);
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
