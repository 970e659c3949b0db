import { floats } from "./scratch.ts";

/** Passes that leave a rounding of an interval: each one leaves a quarter. */
const PASSES = 28;

/**
 * The `count` largest eigenvalues of a symmetric tridiagonal matrix, descending, each good to a rounding
 * of the norm: by bisection, three points at a time, whose divisions do not wait for each other.
 *
 * Source: Golub and Van Loan, Matrix Computations, 4th edition, section 8.4.1.
 */
export function largestEigenvalues(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  count: number,
): Float64Array {
  const n = diagonal.length;
  const squares = floats(n);
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let p = 0; p < n; p++) {
    // By Gershgorin's circles.
    const radius = (p > 0 ? (offDiagonal[p - 1] as number) : 0) + (offDiagonal[p] ?? 0);
    least = Math.min(least, (diagonal[p] as number) - radius);
    most = Math.max(most, (diagonal[p] as number) + radius);
    if (p > 0) squares[p] = (offDiagonal[p - 1] as number) ** 2;
  }
  const values = floats(count);
  // A pivot that vanishes stands for one that is as small as a rounding.
  const tiny = 2 ** -60 * Math.max(Math.abs(least), Math.abs(most)) || Number.MIN_VALUE;
  for (let index = 0; index < count; index++) {
    let low = least;
    let high = most;
    for (let pass = 0; pass < PASSES; pass++) {
      const quarter = (high - low) / 4;
      const x = low + quarter;
      const y = low + 2 * quarter;
      const z = low + 3 * quarter;
      const above = countAbove(diagonal, squares, tiny, x, y, z);
      if (above.z > index) low = z;
      else if (above.y > index) [low, high] = [y, z];
      else if (above.x > index) [low, high] = [x, y];
      else high = x;
    }
    values[index] = (low + high) / 2;
    most = high;
  }
  return values;
}

/** How many eigenvalues are above each of three points: pivots that are positive, by Sylvester's law. */
function countAbove(
  diagonal: Float64Array,
  squares: Float64Array,
  tiny: number,
  x: number,
  y: number,
  z: number,
): { readonly x: number; readonly y: number; readonly z: number } {
  let p = 1;
  let q = 1;
  let r = 1;
  const above = { x: 0, y: 0, z: 0 };
  for (let index = 0; index < diagonal.length; index++) {
    const entry = diagonal[index] as number;
    const square = squares[index] as number;
    p = entry - x - square / p || tiny;
    q = entry - y - square / q || tiny;
    r = entry - z - square / r || tiny;
    if (p > 0) above.x++;
    if (q > 0) above.y++;
    if (r > 0) above.z++;
  }
  return above;
}
