import { type Matrix, matrix, squaredNorm } from "./dense-matrix.ts";
import { kernelsFor } from "./kernels.ts";
import { floats } from "./scratch.ts";
import { tridiagonalEigenvalues, tridiagonalEigenvectors } from "./tridiagonal.ts";

/** Eigenvectors that are reflected together, while a reflection is in the cache. */
const TOGETHER = 16;

/** `Q^H A Q`, tridiagonal, whose entries beside the diagonal may be complex. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `[1, n]`: entry `p` is that of row `p + 1` in column `p`. */
  readonly below: Matrix;
  /** `2 / |v|²` of the Householder vector in row `p` of the matrix, before its diagonal; 0 for none. */
  readonly scales: Float64Array;
}

/**
 * The eigenvectors of the `count` largest eigenvalues of a Hermitian matrix: orthonormal columns,
 * `[n, count]`. For few of them about `4/3 n³` operations, four times as many for a complex one.
 *
 * The matrix is reduced to tridiagonal form by Householder reflections, made real by a diagonal of
 * phases. Source: Golub and Van Loan, Matrix Computations, 4th edition, section 8.3; from the last row
 * to the first and on the lower triangle alone, so that everything runs along rows.
 *
 * @param a Hermitian and finite, of which the lower triangle is read; overwritten
 * @throws PapilioError `EIGEN_NOT_CONVERGED`
 */
export function leadingEigenvectors(a: Matrix, count: number): Matrix {
  const n = a.rows;
  const tridiagonal = tridiagonalize(a);
  const { offDiagonal, phases } = makeReal(tridiagonal.below);
  const vectors = tridiagonalEigenvectors(tridiagonal.diagonal, offDiagonal, count);
  const rows = matrix(count, n, a.im !== undefined);
  for (let vector = 0, at = 0; vector < count; vector++) {
    for (let p = 0; p < n; p++, at++) {
      const value = vectors[at] as number;
      rows.re[at] = value * (phases.re[p] as number);
      if (rows.im) rows.im[at] = value * (phases.im?.[p] as number);
    }
  }
  for (let first = 0; first < count; first += TOGETHER) {
    const last = Math.min(count, first + TOGETHER);
    for (let step = 2; step < n; step++) {
      const scale = tridiagonal.scales[step] as number;
      if (scale === 0) continue;
      for (let vector = first; vector < last; vector++) reflect(a, step, scale, rows, vector);
    }
  }
  return turned(rows);
}

/**
 * The eigenvalues of a Hermitian matrix, descending. Throws what {@link leadingEigenvectors} does.
 *
 * @param a Hermitian and finite, of which the lower triangle is read; overwritten
 */
export function eigenvalues(a: Matrix): Float64Array {
  const { diagonal, below } = tridiagonalize(a);
  return tridiagonalEigenvalues(diagonal, makeReal(below).offDiagonal);
}

/** The entries beside the diagonal of the real matrix `D^H T D`, and the diagonal of phases `D`, `[1, n]`. */
function makeReal(below: Matrix): { offDiagonal: Float64Array; phases: Matrix } {
  const n = below.cols;
  const offDiagonal = floats(Math.max(0, n - 1));
  const phases = matrix(1, n, true);
  const phasesIm = phases.im as Float64Array;
  phases.re[0] = 1;
  for (let p = 0; p + 1 < n; p++) {
    const re = below.re[p] as number;
    const im = below.im?.[p] ?? 0;
    const length = lengthOf(re, im);
    offDiagonal[p] = length;
    const [c, s] = length === 0 ? [1, 0] : [re / length, im / length];
    const x = phases.re[p] as number;
    const y = phasesIm[p] as number;
    phases.re[p + 1] = x * c - y * s;
    phasesIm[p + 1] = x * s + y * c;
  }
  return { offDiagonal, phases };
}

/** Leaves the Householder vector of each step in the row of the matrix, before its diagonal. */
function tridiagonalize(a: Matrix): Tridiagonal {
  const n = a.rows;
  const diagonal = floats(n);
  const below = matrix(1, n, a.im !== undefined);
  const scales = floats(n);
  const w = matrix(1, n, a.im !== undefined);
  // Rounding of rounding has squares that vanish, and say nothing.
  const negligible = 2 ** -112 * squaredNorm(a);
  for (let step = n - 1; step >= 1; step--) {
    diagonal[step] = a.re[step * (n + 1)] as number;
    const squared = takeReflection(a, below, step, negligible);
    if (squared === 0) continue;
    scales[step] = 2 / squared;
    if (a.im && w.im) reflectComplex(a.re, a.im, n, step, 2 / squared, w.re, w.im);
    else reflectReal(a.re, n, step, 2 / squared, w.re);
  }
  diagonal[0] = a.re[0] ?? 0;
  return { diagonal, below, scales };
}

/**
 * Makes what precedes the diagonal in row `step` the vector that reflects it onto the last of these
 * entries, and puts that entry into `below`. Returns its squared length, 0 where there is nothing to do.
 */
function takeReflection(a: Matrix, below: Matrix, step: number, negligible: number): number {
  const base = step * a.rows;
  const last = base + step - 1;
  let tail = 0;
  for (let at = base; at < last; at++) {
    tail += (a.re[at] as number) ** 2;
    if (a.im) tail += (a.im[at] as number) ** 2;
  }
  const re = a.re[last] as number;
  const im = a.im?.[last] ?? 0;
  below.re[step - 1] = re;
  if (below.im) below.im[step - 1] = im;
  if (tail <= negligible) return 0;
  const first = lengthOf(re, im);
  const length = Math.sqrt(first * first + tail);
  const [p, q] = first === 0 ? [1, 0] : [re / first, im / first];
  below.re[step - 1] = -p * length;
  if (below.im) below.im[step - 1] = -q * length;
  a.re[last] = p * (first + length);
  if (a.im) {
    a.im[last] = q * (first + length);
    // The row is the adjoint of the column that is reflected.
    for (let at = base; at <= last; at++) a.im[at] = -(a.im[at] as number);
  }
  return tail + (first + length) ** 2;
}

/** `H A H` for `H = I - scale·v v^T` on the rows and columns before `step`, whose row holds `v`. */
function reflectReal(
  a: Float64Array,
  n: number,
  step: number,
  scale: number,
  w: Float64Array,
): void {
  const kernels = kernelsFor(a, a, w);
  if (kernels !== undefined) {
    kernels.reflectReal(a.byteOffset, n, step, scale, w.byteOffset);
    return;
  }
  const v = step * n;
  let product = 0; // v^T A v
  for (let row = 0; row < step; row++) {
    const base = row * n;
    const own = a[v + row] as number;
    let sum = (a[base + row] as number) * own;
    let twice = 0;
    for (let k = 0; k < row; k++) {
      const entry = a[base + k] as number;
      twice += entry * (a[v + k] as number);
      w[k] = (w[k] as number) + entry * own;
    }
    product += own * (sum + 2 * twice);
    sum += twice;
    w[row] = sum;
  }
  const share = (scale * product) / 2;
  for (let k = 0; k < step; k++) {
    w[k] = scale * ((w[k] as number) - share * (a[v + k] as number));
  }
  for (let row = 0; row < step; row++) {
    const base = row * n;
    const p = a[v + row] as number;
    const q = w[row] as number;
    for (let k = 0; k <= row; k++) {
      a[base + k] = (a[base + k] as number) - (p * (w[k] as number) + q * (a[v + k] as number));
    }
  }
}

/** The same of a complex matrix: `H = I - scale·v v^H`. */
function reflectComplex(
  re: Float64Array,
  im: Float64Array,
  n: number,
  step: number,
  scale: number,
  wRe: Float64Array,
  wIm: Float64Array,
): void {
  const kernels = kernelsFor(re, im, wRe);
  if (kernels !== undefined && kernelsFor(wIm, wIm, wIm)) {
    const x = re.byteOffset;
    const y = im.byteOffset;
    kernels.reflectComplex(x, y, n, step, scale, wRe.byteOffset, wIm.byteOffset);
    return;
  }
  const v = step * n;
  let product = 0; // v^H A v, which is real
  for (let row = 0; row < step; row++) {
    const base = row * n;
    const x = re[v + row] as number;
    const y = im[v + row] as number;
    const diagonal = re[base + row] as number;
    let p = 0;
    let q = 0;
    for (let k = 0; k < row; k++) {
      const s = re[base + k] as number;
      const t = im[base + k] as number;
      const c = re[v + k] as number;
      const d = im[v + k] as number;
      p += s * c - t * d;
      q += s * d + t * c;
      wRe[k] = (wRe[k] as number) + (s * x + t * y);
      wIm[k] = (wIm[k] as number) + (s * y - t * x);
    }
    product += diagonal * (x * x + y * y) + 2 * (x * p + y * q);
    wRe[row] = p + diagonal * x;
    wIm[row] = q + diagonal * y;
  }
  const share = (scale * product) / 2;
  for (let k = 0; k < step; k++) {
    wRe[k] = scale * ((wRe[k] as number) - share * (re[v + k] as number));
    wIm[k] = scale * ((wIm[k] as number) - share * (im[v + k] as number));
  }
  for (let row = 0; row < step; row++) {
    const base = row * n;
    const x = re[v + row] as number;
    const y = im[v + row] as number;
    const s = wRe[row] as number;
    const t = wIm[row] as number;
    for (let k = 0; k <= row; k++) {
      const c = re[v + k] as number;
      const d = im[v + k] as number;
      const e = wRe[k] as number;
      const f = wIm[k] as number;
      re[base + k] = (re[base + k] as number) - (x * e + y * f + (s * c + t * d));
      im[base + k] = (im[base + k] as number) - (y * e - x * f + (t * c - s * d));
    }
  }
}

/** `H x` for a row of vectors, and the reflection that a step left in the matrix. */
function reflect(a: Matrix, step: number, scale: number, x: Matrix, vector: number): void {
  const v = step * a.rows;
  const start = vector * x.cols;
  let p = 0;
  let q = 0;
  if (a.im && x.im) {
    for (let k = 0; k < step; k++) {
      const c = a.re[v + k] as number;
      const d = a.im[v + k] as number;
      const s = x.re[start + k] as number;
      const t = x.im[start + k] as number;
      p += c * s + d * t;
      q += c * t - d * s;
    }
    [p, q] = [scale * p, scale * q];
    for (let k = 0; k < step; k++) {
      const c = a.re[v + k] as number;
      const d = a.im[v + k] as number;
      x.re[start + k] = (x.re[start + k] as number) - (c * p - d * q);
      x.im[start + k] = (x.im[start + k] as number) - (c * q + d * p);
    }
    return;
  }
  for (let k = 0; k < step; k++) p += (a.re[v + k] as number) * (x.re[start + k] as number);
  p *= scale;
  for (let k = 0; k < step; k++) {
    x.re[start + k] = (x.re[start + k] as number) - p * (a.re[v + k] as number);
  }
}

/** The transposed matrix. */
function turned(a: Matrix): Matrix {
  const result = matrix(a.cols, a.rows, a.im !== undefined);
  for (let row = 0, at = 0; row < a.rows; row++) {
    for (let column = 0; column < a.cols; column++, at++) {
      result.re[column * a.rows + row] = a.re[at] as number;
      if (a.im && result.im) result.im[column * a.rows + row] = a.im[at] as number;
    }
  }
  return result;
}

/** Of a number whose square is in range, or vanishes beside others. */
function lengthOf(re: number, im: number): number {
  return im === 0 ? Math.abs(re) : Math.sqrt(re * re + im * im);
}
