import { PapilioError } from "../errors/papilio-error.ts";
import { largestEigenvalues } from "./bisection.ts";
import { inverseIteration } from "./inverse-iteration.ts";
import { floats } from "./scratch.ts";

/** Eigenvectors are few when there are so many times as many rows. */
const FEW = 4;
/** Eigenvalues are found one by one when there are so many times as many rows. */
const VERY_FEW = 12;

/** Steps that one eigenvalue may take. It takes two on average. */
const MOST_STEPS = 60;

/**
 * The unit eigenvectors of the `count` largest eigenvalues of a symmetric tridiagonal matrix, `[count, n]`,
 * by the implicit QL algorithm with Wilkinson's shift: about `3 n³` operations. For few of them the
 * algorithm finds the eigenvalues alone and inverse iteration the vectors: about `n²`.
 *
 * Source: Golub and Van Loan, Matrix Computations, 4th edition, section 8.3.
 *
 * @param diagonal `n` entries
 * @param offDiagonal `n - 1` entries
 * @throws PapilioError `EIGEN_NOT_CONVERGED`
 */
export function tridiagonalEigenvectors(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  count: number,
): Float64Array {
  const n = diagonal.length;
  if (FEW * count <= n) {
    const values =
      VERY_FEW * count <= n
        ? largestEigenvalues(diagonal, offDiagonal, count)
        : tridiagonalEigenvalues(diagonal, offDiagonal).subarray(0, count);
    const found = inverseIteration(diagonal, offDiagonal, values);
    if (found !== undefined) return found;
  }
  const vectors = floats(n * n);
  for (let p = 0; p < n; p++) vectors[p * (n + 1)] = 1;
  const values = iterate(diagonal, offDiagonal, vectors);
  const order = Array.from(values.keys()).sort(
    (p, q) => (values[q] as number) - (values[p] as number),
  );
  const leading = floats(count * n);
  for (let to = 0; to < count; to++) {
    const from = order[to] as number;
    leading.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  }
  return leading;
}

/** The eigenvalues, descending: about `n²` operations. Throws what the eigenvectors' function does. */
export function tridiagonalEigenvalues(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
): Float64Array {
  return iterate(diagonal, offDiagonal, undefined).sort().reverse();
}

/** The eigenvalues in no order; turns the rows of `vectors` into their eigenvectors. */
function iterate(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  vectors: Float64Array | undefined,
): Float64Array {
  const n = diagonal.length;
  const d = floats(n);
  d.set(diagonal);
  const e = floats(n);
  e.set(offDiagonal);
  // Relative to the whole matrix: neighbours may be nothing but rounding, which does not converge.
  const negligible = 2 ** -53 * largestOf(d, e);
  for (let first = 0; first < n; first++) {
    for (let steps = 0; ; steps++) {
      const last = endOfBlock(d, e, first, negligible);
      if (last === first) break;
      if (steps === MOST_STEPS) throw notConverged(n);
      sweep(d, e, vectors, first, last);
    }
  }
  return d;
}

function largestOf(d: Float64Array, e: Float64Array): number {
  return d.reduce((most, value, p) => Math.max(most, Math.abs(value), Math.abs(e[p] as number)), 0);
}

/** Where the part that begins at `first` falls apart: at an entry that is nothing. */
function endOfBlock(d: Float64Array, e: Float64Array, first: number, negligible: number): number {
  let last = first;
  for (; last < d.length - 1; last++) {
    const around = Math.abs(d[last] as number) + Math.abs(d[last + 1] as number);
    const offDiagonal = Math.abs(e[last] as number);
    if (offDiagonal <= negligible || around + offDiagonal === around) break;
  }
  return last;
}

/** One QL step on rows `first` to `last`: a chase of rotations from the end to the front. */
function sweep(
  d: Float64Array,
  e: Float64Array,
  vectors: Float64Array | undefined,
  first: number,
  last: number,
): void {
  const n = d.length;
  const at = (array: Float64Array, index: number): number => array[index] as number;
  const half = (at(d, first + 1) - at(d, first)) / (2 * at(e, first));
  const root = lengthOf(half, 1);
  let g = at(d, last) - at(d, first) + at(e, first) / (half + (half >= 0 ? root : -root));
  let sine = 1;
  let cosine = 1;
  let p = 0;
  let i = last - 1;
  for (; i >= first; i--) {
    const f = sine * at(e, i);
    const b = cosine * at(e, i);
    const length = lengthOf(f, g);
    e[i + 1] = length;
    if (length === 0) {
      // The matrix falls apart here: what was changed so far is kept.
      d[i + 1] = at(d, i + 1) - p;
      e[last] = 0;
      break;
    }
    sine = f / length;
    cosine = g / length;
    g = at(d, i + 1) - p;
    const t = (at(d, i) - g) * sine + 2 * cosine * b;
    p = sine * t;
    d[i + 1] = g + p;
    g = cosine * t - b;
    if (vectors) rotate(vectors, n, i, sine, cosine);
  }
  if (i >= first) return;
  d[first] = at(d, first) - p;
  e[first] = g;
  e[last] = 0;
}

/** Rotates rows `i` and `i + 1`. */
function rotate(vectors: Float64Array, n: number, i: number, sine: number, cosine: number): void {
  const upper = i * n;
  const lower = upper + n;
  for (let k = 0; k < n; k++) {
    const p = vectors[upper + k] as number;
    const q = vectors[lower + k] as number;
    vectors[lower + k] = sine * p + cosine * q;
    vectors[upper + k] = cosine * p - sine * q;
  }
}

/** `Math.hypot` at a fifth of its time, where squares are in range. */
function lengthOf(x: number, y: number): number {
  const squares = x * x + y * y;
  return squares > 2 ** -960 && squares < 2 ** 960 ? Math.sqrt(squares) : Math.hypot(x, y);
}

function notConverged(n: number): PapilioError {
  return new PapilioError(
    "EIGEN_NOT_CONVERGED",
    `An eigenvalue of a ${n} x ${n} matrix was not found in ${MOST_STEPS} steps.`,
    "Please report this, with the matrix.",
  );
}
