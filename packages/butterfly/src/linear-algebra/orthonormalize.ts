import { type Matrix, matrix } from "./dense-matrix.ts";
import { floats } from "./scratch.ts";

/** What is left of a column after projections, over the column, below which it counts as dependent. */
const DEPENDENT = 2 ** -48;

/** `A = Q T`: see {@link orthonormalize}. */
export interface OrthonormalFactors {
  /** `[rows, cols]`: orthonormal columns, and zeros for columns that depend on earlier ones. */
  readonly q: Matrix;
  /** `[cols, cols]`, upper triangular. */
  readonly t: Matrix;
}

/**
 * `A = Q T` by Gram-Schmidt, each column twice, which leaves it orthogonal to rounding. A column that
 * depends on those before it becomes zero in `Q`, so that there may be more columns than rows.
 *
 * Source: Giraud, Langou and Rozložník, "The loss of orthogonality in the Gram-Schmidt
 * orthogonalization process" (2005): twice is enough.
 */
export function orthonormalize(a: Matrix): OrthonormalFactors {
  const { rows, cols } = a;
  const complex = a.im !== undefined;
  const q = matrix(rows, cols, complex);
  const t = matrix(cols, cols, complex);
  const re = floats(rows);
  const im = floats(rows);
  for (let column = 0; column < cols; column++) {
    let before = 0;
    for (let row = 0; row < rows; row++) {
      re[row] = a.re[row * cols + column] as number;
      im[row] = a.im ? (a.im[row * cols + column] as number) : 0;
      before += (re[row] as number) ** 2 + (im[row] as number) ** 2;
    }
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < column; other++) project(q, t, other, column, re, im);
    }
    let left = 0;
    for (let row = 0; row < rows; row++)
      left += (re[row] as number) ** 2 + (im[row] as number) ** 2;
    if (left <= before * DEPENDENT ** 2) continue;
    const length = Math.sqrt(left);
    t.re[column * cols + column] = length;
    for (let row = 0; row < rows; row++) {
      q.re[row * cols + column] = (re[row] as number) / length;
      if (q.im) q.im[row * cols + column] = (im[row] as number) / length;
    }
  }
  return { q, t };
}

/** Takes column `other` of `q` out of a vector, and notes in `t` how much of it there was. */
function project(
  q: Matrix,
  t: Matrix,
  other: number,
  column: number,
  re: Float64Array,
  im: Float64Array,
): void {
  const { rows, cols } = q;
  let x = 0;
  let y = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * cols + other;
    const p = q.re[at] as number;
    const s = q.im ? (q.im[at] as number) : 0;
    x += p * (re[row] as number) + s * (im[row] as number);
    y += p * (im[row] as number) - s * (re[row] as number);
  }
  for (let row = 0; row < rows; row++) {
    const at = row * cols + other;
    const p = q.re[at] as number;
    const s = q.im ? (q.im[at] as number) : 0;
    re[row] = (re[row] as number) - (x * p - y * s);
    im[row] = (im[row] as number) - (x * s + y * p);
  }
  const at = other * cols + column;
  t.re[at] = (t.re[at] as number) + x;
  if (t.im) t.im[at] = (t.im[at] as number) + y;
}
