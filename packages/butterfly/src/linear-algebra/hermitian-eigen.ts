import { type Matrix, matrix, squaredNorm } from "./dense-matrix.ts";
import { floats } from "./scratch.ts";
import { tridiagonalEigenvalues, tridiagonalEigenvectors } from "./tridiagonal.ts";

/** Householder vectors `v`, column by column below the diagonal, and `2 / |v|²` of each. */
interface Reflections {
  readonly vectors: Matrix;
  readonly scales: Float64Array;
}

/**
 * The eigenvectors of the `count` largest eigenvalues of a Hermitian matrix: orthonormal columns,
 * `[n, count]`. About `5 n³` operations, four times as many for a complex one.
 *
 * The matrix is reduced to tridiagonal form by Householder reflections, made real by a diagonal of
 * phases. Source: Golub and Van Loan, Matrix Computations, 4th edition, section 8.3.
 *
 * @param a Hermitian and finite; overwritten
 * @throws PapilioError `EIGEN_NOT_CONVERGED`
 */
export function leadingEigenvectors(a: Matrix, count: number): Matrix {
  const n = a.rows;
  const reflections = tridiagonalize(a);
  const { diagonal, offDiagonal, phases } = makeReal(a);
  const vectors = tridiagonalEigenvectors(diagonal, offDiagonal, count);
  const result = matrix(n, count, a.im !== undefined);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < count; column++) {
      const value = vectors[column * n + row] as number;
      result.re[row * count + column] = value * (phases.re[row] as number);
      if (result.im) result.im[row * count + column] = value * (phases.im?.[row] as number);
    }
  }
  for (let step = n - 3; step >= 0; step--) reflect(reflections, step, result);
  return result;
}

/**
 * The eigenvalues of a Hermitian matrix, descending. Throws what {@link leadingEigenvectors} does.
 *
 * @param a Hermitian and finite; overwritten
 */
export function eigenvalues(a: Matrix): Float64Array {
  tridiagonalize(a);
  const { diagonal, offDiagonal } = makeReal(a);
  return tridiagonalEigenvalues(diagonal, offDiagonal);
}

/** The real tridiagonal matrix `D^H T D`, and the diagonal of phases `D`, `[1, n]`. */
function makeReal(a: Matrix): {
  diagonal: Float64Array;
  offDiagonal: Float64Array;
  phases: Matrix;
} {
  const n = a.rows;
  const diagonal = floats(n);
  for (let index = 0; index < n; index++) diagonal[index] = a.re[index * (n + 1)] as number;
  const offDiagonal = floats(Math.max(0, n - 1));
  const phases = matrix(1, n, true);
  const phasesIm = phases.im as Float64Array;
  phases.re[0] = 1;
  for (let index = 0; index + 1 < n; index++) {
    const at = (index + 1) * n + index;
    const [re, im] = [a.re[at] as number, a.im ? (a.im[at] as number) : 0];
    const length = Math.hypot(re, im);
    offDiagonal[index] = length;
    const [p, q] = length === 0 ? [1, 0] : [re / length, im / length];
    const [x, y] = [phases.re[index] as number, phasesIm[index] as number];
    phases.re[index + 1] = x * p - y * q;
    phasesIm[index + 1] = x * q + y * p;
  }
  return { diagonal, offDiagonal, phases };
}

/** Makes `a` tridiagonal, `Q^H A Q`; what is beside the diagonal may be complex. */
function tridiagonalize(a: Matrix): Reflections {
  const n = a.rows;
  const vectors = matrix(n, n, a.im !== undefined);
  const scales = floats(n);
  // Rounding of rounding has squares that vanish, and say nothing.
  const negligible = 2 ** -112 * squaredNorm(a);
  for (let step = 0; step + 2 < n; step++) {
    const squared = takeReflection(a, vectors, step, negligible);
    scales[step] = squared === 0 ? 0 : 2 / squared;
    if (squared > 0) reflectBothSides(a, vectors, step, scales[step] as number);
  }
  return { vectors, scales };
}

/**
 * Puts into row `step` of `vectors` what reflects the column `step` below the diagonal onto its first
 * entry, and that entry into its place. Returns its squared length, 0 where there is nothing to do.
 */
function takeReflection(a: Matrix, vectors: Matrix, step: number, negligible: number): number {
  const n = a.rows;
  let tail = 0;
  for (let row = step + 1; row < n; row++) {
    const at = row * n + step;
    const [re, im] = [a.re[at] as number, a.im ? (a.im[at] as number) : 0];
    vectors.re[step * n + row] = re;
    if (vectors.im) vectors.im[step * n + row] = im;
    if (row > step + 1) tail += re * re + im * im;
  }
  if (tail <= negligible) return 0;
  const at = step * n + step + 1;
  const [re, im] = [vectors.re[at] as number, vectors.im ? (vectors.im[at] as number) : 0];
  const first = Math.hypot(re, im);
  const length = Math.sqrt(first * first + tail);
  const [p, q] = first === 0 ? [1, 0] : [re / first, im / first];
  vectors.re[at] = p * (first + length);
  if (vectors.im) vectors.im[at] = q * (first + length);
  const entry = (step + 1) * n + step;
  a.re[entry] = -p * length;
  if (a.im) a.im[entry] = -q * length;
  return tail + (first + length) ** 2;
}

/** `H A H` for `H = I - scale·v v^H` on the rows and columns after `step`. */
function reflectBothSides(a: Matrix, vectors: Matrix, step: number, scale: number): void {
  const n = a.rows;
  const start = step + 1;
  const v = { re: vectors.re.subarray(step * n, step * n + n), im: rowOf(vectors.im, step, n) };
  const w = { re: floats(n), im: v.im ? floats(n) : undefined };
  let product = 0; // v^H A v, which is real
  for (let row = start; row < n; row++) {
    let [re, im] = [0, 0];
    const base = row * n;
    if (a.im && v.im) {
      for (let k = start; k < n; k++) {
        const [p, q] = [a.re[base + k] as number, a.im[base + k] as number];
        const [x, y] = [v.re[k] as number, v.im[k] as number];
        re += p * x - q * y;
        im += p * y + q * x;
      }
    } else {
      for (let k = start; k < n; k++) re += (a.re[base + k] as number) * (v.re[k] as number);
    }
    w.re[row] = scale * re;
    if (w.im) w.im[row] = scale * im;
    product += (v.re[row] as number) * re + (v.im ? (v.im[row] as number) * im : 0);
  }
  const share = (scale * scale * product) / 2;
  for (let k = start; k < n; k++) {
    w.re[k] = (w.re[k] as number) - share * (v.re[k] as number);
    if (w.im && v.im) w.im[k] = (w.im[k] as number) - share * (v.im[k] as number);
  }
  for (let row = start; row < n; row++) subtractRankTwo(a, row, start, v, w);
}

interface Parts {
  readonly re: Float64Array;
  readonly im: Float64Array | undefined;
}

/** Row `row` of `A - v w^H - w v^H`. */
function subtractRankTwo(a: Matrix, row: number, start: number, v: Parts, w: Parts): void {
  const n = a.rows;
  const base = row * n;
  const [vr, wr] = [v.re[row] as number, w.re[row] as number];
  if (!(a.im && v.im && w.im)) {
    for (let k = start; k < n; k++) {
      const change = vr * (w.re[k] as number) + wr * (v.re[k] as number);
      a.re[base + k] = (a.re[base + k] as number) - change;
    }
    return;
  }
  const [vi, wi] = [v.im[row] as number, w.im[row] as number];
  for (let k = start; k < n; k++) {
    const [vkr, vki] = [v.re[k] as number, v.im[k] as number];
    const [wkr, wki] = [w.re[k] as number, w.im[k] as number];
    const re = vr * wkr + vi * wki + wr * vkr + wi * vki;
    const im = vi * wkr - vr * wki + wi * vkr - wr * vki;
    a.re[base + k] = (a.re[base + k] as number) - re;
    a.im[base + k] = (a.im[base + k] as number) - im;
  }
}

/** `H X` in place, for the reflection of a step. */
function reflect({ vectors, scales }: Reflections, step: number, x: Matrix): void {
  const scale = scales[step] as number;
  if (scale === 0) return;
  const n = vectors.rows;
  const { cols } = x;
  const re = floats(cols);
  const im = floats(cols);
  for (let row = step + 1; row < n; row++) {
    const vr = vectors.re[step * n + row] as number;
    const vi = vectors.im ? (vectors.im[step * n + row] as number) : 0;
    for (let k = 0; k < cols; k++) {
      const [p, q] = [x.re[row * cols + k] as number, x.im ? (x.im[row * cols + k] as number) : 0];
      re[k] = (re[k] as number) + vr * p + vi * q;
      im[k] = (im[k] as number) + vr * q - vi * p;
    }
  }
  for (let row = step + 1; row < n; row++) {
    const vr = scale * (vectors.re[step * n + row] as number);
    const vi = vectors.im ? scale * (vectors.im[step * n + row] as number) : 0;
    for (let k = 0; k < cols; k++) {
      const at = row * cols + k;
      const [p, q] = [re[k] as number, im[k] as number];
      x.re[at] = (x.re[at] as number) - (vr * p - vi * q);
      if (x.im) x.im[at] = (x.im[at] as number) - (vr * q + vi * p);
    }
  }
}

function rowOf(values: Float64Array | undefined, row: number, n: number): Float64Array | undefined {
  return values?.subarray(row * n, row * n + n);
}
