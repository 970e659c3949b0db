import { floats } from "./scratch.ts";

/** Residual over the norm of the matrix that an eigenvector may leave. */
const RESIDUAL = 2 ** -46;
/** Solves for one eigenvector. The first is nearly always enough, the second makes sure. */
const SOLVES = 3;

/** `P L U` of a tridiagonal matrix, partially pivoted: three diagonals of U, and what eliminates rows. */
interface Factored {
  readonly pivot: Float64Array;
  readonly above: Float64Array;
  readonly second: Float64Array;
  readonly eliminate: Float64Array;
  /** 1 where a row was exchanged with the next one. */
  readonly exchanged: Float64Array;
}

/**
 * Unit eigenvectors of a symmetric tridiagonal matrix for known eigenvalues, `[count, n]`, orthogonal to
 * each other; undefined where one does not converge, as in large clusters.
 *
 * Source: Golub and Van Loan, Matrix Computations, 4th edition, section 8.4.
 */
export function inverseIteration(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  values: Float64Array,
): Float64Array | undefined {
  const n = diagonal.length;
  let norm = 0;
  for (let p = 0; p < n; p++) {
    norm = Math.max(norm, Math.abs(diagonal[p] as number) + 2 * Math.abs(offDiagonal[p] ?? 0));
  }
  const vectors = floats(values.length * n);
  for (let index = 0; index < values.length; index++) {
    const vector = vectors.subarray(index * n, (index + 1) * n);
    const value = values[index] as number;
    const factored = factorTridiagonal(diagonal, offDiagonal, value, norm);
    // Any start will do that is not orthogonal to the vector, and not alike for all of them.
    for (let p = 0; p < n; p++) vector[p] = 0.5 + ((0.618033988749895 * (p + 1) * (index + 1)) % 1);
    for (let solves = 0; solves < SOLVES; solves++) {
      if (solves > 0) solve(factored, vector);
      for (let other = 0; other < index; other++) {
        removeComponent(vector, vectors.subarray(other * n, (other + 1) * n));
      }
      if (!normalize(vector)) return undefined;
    }
    if (!(residualOf(diagonal, offDiagonal, value, vector) <= RESIDUAL * norm)) return undefined;
  }
  return vectors;
}

/** Factors `T - value·I`; a pivot that vanishes becomes the rounding of the matrix. */
function factorTridiagonal(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  value: number,
  norm: number,
): Factored {
  const n = diagonal.length;
  const pivot = floats(n);
  const above = floats(n);
  const second = floats(n);
  const eliminate = floats(n);
  const exchanged = floats(n);
  for (let p = 0; p < n; p++) pivot[p] = (diagonal[p] as number) - value;
  above.set(offDiagonal);
  const least = 2 ** -52 * norm || Number.MIN_VALUE;
  for (let p = 0; p + 1 < n; p++) {
    const below = offDiagonal[p] as number;
    const here = pivot[p] as number;
    const next = pivot[p + 1] as number;
    const right = above[p] as number;
    if (Math.abs(here) >= Math.abs(below)) {
      if (here === 0) pivot[p] = least;
      const factor = below / (pivot[p] as number);
      eliminate[p] = factor;
      pivot[p + 1] = next - factor * right;
      continue;
    }
    const factor = here / below;
    exchanged[p] = 1;
    eliminate[p] = factor;
    pivot[p] = below;
    above[p] = next;
    pivot[p + 1] = right - factor * next;
    if (p + 2 < n) {
      second[p] = above[p + 1] as number;
      above[p + 1] = -factor * (above[p + 1] as number);
    }
  }
  if (Math.abs(pivot[n - 1] as number) < least) pivot[n - 1] = least;
  return { pivot, above, second, eliminate, exchanged };
}

function solve({ pivot, above, second, eliminate, exchanged }: Factored, x: Float64Array): void {
  const n = x.length;
  for (let p = 0; p + 1 < n; p++) {
    const here = x[p] as number;
    const next = x[p + 1] as number;
    const factor = eliminate[p] as number;
    if (exchanged[p] === 1) {
      x[p] = next;
      x[p + 1] = here - factor * next;
    } else {
      x[p + 1] = next - factor * here;
    }
  }
  for (let p = n - 1; p >= 0; p--) {
    let sum = x[p] as number;
    if (p + 1 < n) sum -= (above[p] as number) * (x[p + 1] as number);
    if (p + 2 < n) sum -= (second[p] as number) * (x[p + 2] as number);
    x[p] = sum / (pivot[p] as number);
  }
}

function removeComponent(x: Float64Array, unit: Float64Array): void {
  let product = 0;
  for (let p = 0; p < x.length; p++) product += (x[p] as number) * (unit[p] as number);
  for (let p = 0; p < x.length; p++) x[p] = (x[p] as number) - product * (unit[p] as number);
}

/** Whether there was something to normalize. */
function normalize(x: Float64Array): boolean {
  let largest = 0;
  for (let p = 0; p < x.length; p++) largest = Math.max(largest, Math.abs(x[p] as number));
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return false;
  let squares = 0;
  for (let p = 0; p < x.length; p++) squares += ((x[p] as number) / largest) ** 2;
  const length = largest * Math.sqrt(squares);
  for (let p = 0; p < x.length; p++) x[p] = (x[p] as number) / length;
  return true;
}

/** `|T x - value·x|`. */
function residualOf(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  value: number,
  x: Float64Array,
): number {
  let squares = 0;
  for (let p = 0; p < x.length; p++) {
    let entry = ((diagonal[p] as number) - value) * (x[p] as number);
    if (p > 0) entry += (offDiagonal[p - 1] as number) * (x[p - 1] as number);
    if (p + 1 < x.length) entry += (offDiagonal[p] as number) * (x[p + 1] as number);
    squares += entry * entry;
  }
  return Math.sqrt(squares);
}
