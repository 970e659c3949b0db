import { type Matrix, matrix, transpose } from "./dense-matrix.ts";

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
  // Columns as rows, each of which is contiguous: they become those of `Q` one after the other.
  const columns = transpose(a);
  const t = matrix(cols, cols, a.im !== undefined);
  for (let column = 0; column < cols; column++) {
    const at = column * rows;
    const before = squaredLength(columns, at, rows);
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < column; other++) project(columns, t, other, column);
    }
    const left = squaredLength(columns, at, rows);
    const isDependent = left <= before * DEPENDENT ** 2;
    const length = Math.sqrt(left);
    if (!isDependent) t.re[column * cols + column] = length;
    for (const part of [columns.re, columns.im]) {
      if (part === undefined) continue;
      for (let index = at; index < at + rows; index++) {
        part[index] = isDependent ? 0 : (part[index] as number) / length;
      }
    }
  }
  return { q: transpose(columns), t };
}

/** Of some numbers from one on. */
function squaredLength({ re, im }: Matrix, start: number, count: number): number {
  let sum = 0;
  const end = start + count;
  if (im === undefined) {
    for (let index = start; index < end; index++) sum += (re[index] as number) ** 2;
    return sum;
  }
  for (let index = start; index < end; index++) {
    sum += (re[index] as number) ** 2 + (im[index] as number) ** 2;
  }
  return sum;
}

/** Takes one column out of a later one, both of them rows, and notes in `t` how much of it there was. */
function project(columns: Matrix, t: Matrix, other: number, column: number): void {
  const { re, im, cols: length } = columns;
  const first = other * length;
  const last = first + length;
  const offset = (column - other) * length;
  const at = other * t.cols + column;
  let x = 0;
  if (im === undefined) {
    for (let p = first; p < last; p++) x += (re[p] as number) * (re[p + offset] as number);
    for (let p = first; p < last; p++) {
      re[p + offset] = (re[p + offset] as number) - x * (re[p] as number);
    }
    t.re[at] = (t.re[at] as number) + x;
    return;
  }
  let y = 0;
  for (let p = first, q = first + offset; p < last; p++, q++) {
    const a = re[p] as number;
    const b = im[p] as number;
    const c = re[q] as number;
    const d = im[q] as number;
    x += a * c + b * d;
    y += a * d - b * c;
  }
  for (let p = first, q = first + offset; p < last; p++, q++) {
    const a = re[p] as number;
    const b = im[p] as number;
    re[q] = (re[q] as number) - (x * a - y * b);
    im[q] = (im[q] as number) - (x * b + y * a);
  }
  t.re[at] = (t.re[at] as number) + x;
  if (t.im) t.im[at] = (t.im[at] as number) + y;
}
