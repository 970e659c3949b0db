import { type Matrix, matrix, squaredNorm } from "./dense-matrix.ts";
import { type Dropped, leastDropped } from "./dropped.ts";

/** Squared norms whose squares are in range, which is all that the closed form computes. */
const SMALLEST = 2 ** -480;
const LARGEST = 2 ** 480;

/**
 * The best approximation of a matrix of two rows by one of rank one, in closed form: the leading
 * eigenvector of its Gram matrix of 2 x 2. It is what {@link truncate} finds, without an iteration and
 * without memory of its own: such blocks are very many.
 *
 * Squares do no harm here: an eigenvector is wrong by a rounding over the gap between the two
 * eigenvalues, and what that adds to what is dropped is a rounding squared times the matrix.
 *
 * Source: Golub and Van Loan, Matrix Computations, 4th edition, section 8.5.
 */
export class TwoRows {
  /** The matrix of two rows: write it here. */
  readonly matrix: Matrix;
  /** `[2, 1]`, of unit norm. */
  readonly column: Matrix;
  /** `[1, cols]`, which has the norm. */
  readonly row: Matrix;

  constructor(cols: number, complex: boolean) {
    this.matrix = matrix(2, cols, complex);
    this.column = matrix(2, 1, complex);
    this.row = matrix(1, cols, complex);
  }

  /** Fills the column and the row; undefined for matrices of zeros and where squares are out of range. */
  truncate(): Dropped | undefined {
    const { re, im, cols } = this.matrix;
    let first = 0;
    let second = 0;
    let crossRe = 0;
    let crossIm = 0;
    if (im === undefined) {
      for (let l = 0, m = cols; l < cols; l++, m++) {
        const x = re[l] as number;
        const y = re[m] as number;
        first += x * x;
        second += y * y;
        crossRe += x * y;
      }
    } else {
      for (let l = 0, m = cols; l < cols; l++, m++) {
        const x = re[l] as number;
        const s = im[l] as number;
        const y = re[m] as number;
        const t = im[m] as number;
        first += x * x + s * s;
        second += y * y + t * t;
        crossRe += x * y + s * t;
        crossIm += s * y - x * t;
      }
    }
    const norm = first + second;
    if (!(norm > SMALLEST && norm < LARGEST)) return undefined;
    this.#setColumn((first - second) / 2, crossRe, crossIm);
    const dropped = im === undefined ? this.#projectReal() : this.#projectComplex(im);
    return leastDropped({ norm, dropped, rows: 2, cols }, () => ({
      kept: squaredNorm(this.row),
      beside: this.#beside(),
    }));
  }

  /** Makes the row one of unit norm, and the column what has the norm. */
  moveNormToColumn(): void {
    const norm = Math.sqrt(squaredNorm(this.row));
    multiplyBy(this.column, norm);
    multiplyBy(this.row, 1 / norm);
  }

  /** The leading eigenvector of a matrix with these halves of the difference on the diagonal, and beside it. */
  #setColumn(half: number, crossRe: number, crossIm: number): void {
    const { re, im } = this.column;
    const cross = Math.sqrt(crossRe * crossRe + crossIm * crossIm);
    const sum = Math.abs(half) + Math.sqrt(half * half + cross * cross);
    // Of two equal eigenvalues any vector is one.
    const length = Math.sqrt(sum * sum + cross * cross) || 1;
    const real = (sum || 1) / length;
    const p = crossRe / length;
    const q = crossIm / length;
    const large = half >= 0 ? 0 : 1;
    re[large] = real;
    re[1 - large] = p;
    if (im === undefined) return;
    im[large] = 0;
    im[1 - large] = half >= 0 ? -q : q;
  }

  #projectReal(): number {
    const { re, cols } = this.matrix;
    const row = this.row.re;
    const [u, v] = this.column.re as unknown as readonly [number, number];
    let dropped = 0;
    for (let l = 0, m = cols; l < cols; l++, m++) {
      const x = re[l] as number;
      const y = re[m] as number;
      const r = u * x + v * y;
      row[l] = r;
      const p = x - u * r;
      const q = y - v * r;
      dropped += p * p + q * q;
    }
    return dropped;
  }

  #projectComplex(im: Float64Array): number {
    const { re, cols } = this.matrix;
    const rowRe = this.row.re;
    const rowIm = this.row.im as Float64Array;
    const [ur, vr] = this.column.re as unknown as readonly [number, number];
    const [ui, vi] = this.column.im as unknown as readonly [number, number];
    let dropped = 0;
    for (let l = 0, m = cols; l < cols; l++, m++) {
      const x = re[l] as number;
      const s = im[l] as number;
      const y = re[m] as number;
      const t = im[m] as number;
      const p = ur * x + ui * s + vr * y + vi * t;
      const q = ur * s - ui * x + vr * t - vi * y;
      rowRe[l] = p;
      rowIm[l] = q;
      const a = x - (ur * p - ui * q);
      const b = s - (ur * q + ui * p);
      const c = y - (vr * p - vi * q);
      const d = t - (vr * q + vi * p);
      dropped += a * a + b * b + (c * c + d * d);
    }
    return dropped;
  }

  /** The squared norm of the row times what is dropped, adjoint. */
  #beside(): number {
    const { column, row, matrix: a } = this;
    const { cols } = a;
    let sum = 0;
    for (let line = 0; line < 2; line++) {
      const u = column.re[line] as number;
      const v = column.im?.[line] ?? 0;
      let re = 0;
      let im = 0;
      for (let l = 0; l < cols; l++) {
        const at = line * cols + l;
        const p = row.re[l] as number;
        const q = row.im?.[l] ?? 0;
        const x = (a.re[at] as number) - (u * p - v * q);
        const y = (a.im?.[at] ?? 0) - (u * q + v * p);
        re += p * x + q * y;
        im += q * x - p * y;
      }
      sum += re * re + im * im;
    }
    return sum;
  }
}

function multiplyBy({ re, im }: Matrix, factor: number): void {
  for (let index = 0; index < re.length; index++) re[index] = (re[index] as number) * factor;
  if (im)
    for (let index = 0; index < im.length; index++) im[index] = (im[index] as number) * factor;
}
