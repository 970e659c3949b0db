/**
 * The leading eigenvector of a symmetric tridiagonal matrix: what `tridiagonal.ts`, `bisection.ts` and
 * `inverse-iteration.ts` of `packages/butterfly/src/linear-algebra` do, which document it, operation by operation.
 */
import { floats } from "./dense-memory";
import { BYTES } from "./dense-sums";

/** Passes that leave a rounding of an interval: each one leaves a quarter. */
const PASSES = 28;
/** Residual over the norm of the matrix that an eigenvector may leave. */
const RESIDUAL: f64 = 2.0 ** -46;
const SOLVES = 3;
/** Steps that one eigenvalue may take. */
const MOST_STEPS = 60;
/** Rows from which bisection finds the largest eigenvalue; all are found of fewer. */
const LEAST_BISECTED = 12;
const SMALLEST: f64 = f64.MIN_VALUE;

function at(values: usize, index: i32): f64 {
  return load<f64>(values + <usize>index * BYTES);
}

function set(values: usize, index: i32, value: f64): void {
  store<f64>(values + <usize>index * BYTES, value);
}

function orSmallest(value: f64): f64 {
  return value === 0 ? SMALLEST : value;
}

/** Where the part that begins at `first` falls apart. */
function endOfBlock(d: usize, e: usize, n: i32, first: i32, negligible: f64): i32 {
  let last = first;
  for (; last < n - 1; last++) {
    const around = abs(at(d, last)) + abs(at(d, last + 1));
    const offDiagonal = abs(at(e, last));
    if (offDiagonal <= negligible || around + offDiagonal === around) break;
  }
  return last;
}

/** Of numbers whose squares are in range; -1 for others. */
function lengthOf(x: f64, y: f64): f64 {
  const squares = x * x + y * y;
  return squares > 2.0 ** -960 && squares < 2.0 ** 960 ? sqrt(squares) : -1;
}

/** One QL step; false where squares are out of range. */
function sweep(d: usize, e: usize, first: i32, last: i32): bool {
  const half = (at(d, first + 1) - at(d, first)) / (2 * at(e, first));
  const root = lengthOf(half, 1);
  if (root < 0) return false;
  let g = at(d, last) - at(d, first) + at(e, first) / (half + (half >= 0 ? root : -root));
  let sine: f64 = 1;
  let cosine: f64 = 1;
  let p: f64 = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = sine * at(e, i);
    const b = cosine * at(e, i);
    const length = lengthOf(f, g);
    if (length < 0) return false;
    set(e, i + 1, length);
    sine = f / length;
    cosine = g / length;
    g = at(d, i + 1) - p;
    const t = (at(d, i) - g) * sine + 2 * cosine * b;
    p = sine * t;
    set(d, i + 1, g + p);
    g = cosine * t - b;
  }
  set(d, first, at(d, first) - p);
  set(e, first, g);
  set(e, last, 0);
  return true;
}

/** The largest of all eigenvalues; infinite where they are not found. */
function largestOfAll(diagonal: usize, offDiagonal: usize, n: i32): f64 {
  const d = floats(n);
  const e = floats(n);
  memory.copy(d, diagonal, <usize>n * BYTES);
  memory.copy(e, offDiagonal, <usize>(n - 1) * BYTES);
  let norm: f64 = 0;
  for (let p = 0; p < n; p++) norm = max(norm, max(abs(at(d, p)), abs(at(e, p))));
  const negligible = 2.0 ** -53 * norm;
  for (let first = 0; first < n; first++) {
    for (let steps = 0; ; steps++) {
      const last = endOfBlock(d, e, n, first, negligible);
      if (last === first) break;
      if (steps === MOST_STEPS || !sweep(d, e, first, last)) return Infinity;
    }
  }
  let largest = at(d, 0);
  for (let p = 1; p < n; p++) largest = max(largest, at(d, p));
  return largest;
}

/** The largest eigenvalue, by bisection. */
function largestEigenvalue(diagonal: usize, offDiagonal: usize, n: i32): f64 {
  const squares = floats(n);
  let least: f64 = Infinity;
  let most: f64 = -Infinity;
  for (let p = 0; p < n; p++) {
    const before = p > 0 ? at(offDiagonal, p - 1) : 0;
    const radius = before + (p + 1 < n ? at(offDiagonal, p) : 0);
    least = min(least, at(diagonal, p) - radius);
    most = max(most, at(diagonal, p) + radius);
    if (p > 0) set(squares, p, before * before);
  }
  const tiny = orSmallest(2.0 ** -60 * max(abs(least), abs(most)));
  let low = least;
  let high = most;
  for (let pass = 0; pass < PASSES; pass++) {
    const quarter = (high - low) / 4;
    const x = low + quarter;
    const y = low + 2 * quarter;
    const z = low + 3 * quarter;
    let p: f64 = 1;
    let q: f64 = 1;
    let r: f64 = 1;
    let above = 0;
    for (let index = 0; index < n; index++) {
      const entry = at(diagonal, index);
      const square = at(squares, index);
      p = entry - x - square / p;
      q = entry - y - square / q;
      r = entry - z - square / r;
      if (p === 0) p = tiny;
      if (q === 0) q = tiny;
      if (r === 0) r = tiny;
      // Whether any eigenvalue is above each of the three points.
      if (p > 0) above |= 1;
      if (q > 0) above |= 2;
      if (r > 0) above |= 4;
    }
    if (above & 4) {
      low = z;
    } else if (above & 2) {
      low = y;
      high = z;
    } else if (above & 1) {
      low = x;
      high = y;
    } else {
      high = x;
    }
  }
  return (low + high) / 2;
}

let pivot: usize = 0;
let above: usize = 0;
let second: usize = 0;
let eliminate: usize = 0;
let exchanged: usize = 0;

function factor(diagonal: usize, offDiagonal: usize, n: i32, value: f64, norm: f64): void {
  pivot = floats(n);
  above = floats(n);
  second = floats(n);
  eliminate = floats(n);
  exchanged = floats(n);
  for (let p = 0; p < n; p++) set(pivot, p, at(diagonal, p) - value);
  memory.copy(above, offDiagonal, <usize>(n - 1) * BYTES);
  const least = orSmallest(2.0 ** -52 * norm);
  for (let p = 0; p + 1 < n; p++) {
    const below = at(offDiagonal, p);
    const here = at(pivot, p);
    const next = at(pivot, p + 1);
    const right = at(above, p);
    if (abs(here) >= abs(below)) {
      if (here === 0) set(pivot, p, least);
      const share = below / at(pivot, p);
      set(eliminate, p, share);
      set(pivot, p + 1, next - share * right);
      continue;
    }
    const share = here / below;
    set(exchanged, p, 1);
    set(eliminate, p, share);
    set(pivot, p, below);
    set(above, p, next);
    set(pivot, p + 1, right - share * next);
    if (p + 2 < n) {
      set(second, p, at(above, p + 1));
      set(above, p + 1, -share * at(above, p + 1));
    }
  }
  if (abs(at(pivot, n - 1)) < least) set(pivot, n - 1, least);
}

function solve(x: usize, n: i32): void {
  for (let p = 0; p + 1 < n; p++) {
    const here = at(x, p);
    const next = at(x, p + 1);
    const share = at(eliminate, p);
    if (at(exchanged, p) === 1) {
      set(x, p, next);
      set(x, p + 1, here - share * next);
    } else {
      set(x, p + 1, next - share * here);
    }
  }
  for (let p = n - 1; p >= 0; p--) {
    let sum = at(x, p);
    if (p + 1 < n) sum -= at(above, p) * at(x, p + 1);
    if (p + 2 < n) sum -= at(second, p) * at(x, p + 2);
    set(x, p, sum / at(pivot, p));
  }
}

function normalize(x: usize, n: i32): bool {
  let largest: f64 = 0;
  for (let p = 0; p < n; p++) largest = max(largest, abs(at(x, p)));
  if (!(largest > 0 && largest < Infinity)) return false;
  let squares: f64 = 0;
  for (let p = 0; p < n; p++) squares += (at(x, p) / largest) * (at(x, p) / largest);
  const length = largest * sqrt(squares);
  for (let p = 0; p < n; p++) set(x, p, at(x, p) / length);
  return true;
}

function residualOf(diagonal: usize, offDiagonal: usize, n: i32, value: f64, x: usize): f64 {
  let squares: f64 = 0;
  for (let p = 0; p < n; p++) {
    let entry = (at(diagonal, p) - value) * at(x, p);
    if (p > 0) entry += at(offDiagonal, p - 1) * at(x, p - 1);
    if (p + 1 < n) entry += at(offDiagonal, p) * at(x, p + 1);
    squares += entry * entry;
  }
  return sqrt(squares);
}

/** The address of the unit eigenvector of the largest eigenvalue; 0 where it does not converge. */
export function leadingOfTridiagonal(diagonal: usize, offDiagonal: usize, n: i32): usize {
  const value =
    n >= LEAST_BISECTED
      ? largestEigenvalue(diagonal, offDiagonal, n)
      : largestOfAll(diagonal, offDiagonal, n);
  if (value === Infinity) return 0;
  let norm: f64 = 0;
  for (let p = 0; p < n; p++) {
    const beside: f64 = p + 1 < n ? abs(at(offDiagonal, p)) : 0;
    norm = max(norm, abs(at(diagonal, p)) + 2 * beside);
  }
  const x = floats(n);
  factor(diagonal, offDiagonal, n, value, norm);
  for (let p = 0; p < n; p++) {
    const start = 0.618033988749895 * <f64>(p + 1);
    set(x, p, 0.5 + (start - floor(start)));
  }
  for (let solves = 0; solves < SOLVES; solves++) {
    if (solves > 0) solve(x, n);
    if (!normalize(x, n)) return 0;
  }
  return residualOf(diagonal, offDiagonal, n, value, x) <= RESIDUAL * norm ? x : 0;
}
