/**
 * The best approximation of rank one of a matrix: what `truncate` of `packages/butterfly/src/linear-algebra` does, which
 * documents it, operation by operation. Imaginary parts are at address 0 where there are none.
 */
import { floats } from "./dense-memory";
import { addProduct, addRowProducts } from "./dense-products";
import { reflectComplex, reflectReal } from "./dense-reflections";
import { BYTES, sumOfSquares } from "./dense-sums";
import { leadingOfTridiagonal } from "./dense-tridiagonal";

const SMALLEST: f64 = 2.0 ** -300;
const LARGEST: f64 = 2.0 ** 300;
const LARGE: f64 = 2.0 ** -20;
const EIGEN_ERROR: f64 = 2.0 ** -44;
const ROUNDING: f64 = 2.0 ** -50;
const NEGLIGIBLE: f64 = 2.0 ** -112;
/** Of what is left of a column, squared, below which it counts as dependent. */
const DEPENDENT: f64 = 2.0 ** -96;
const ROWS_IN_CACHE = 32;

/** `[rows]`, of unit norm. */
export let left: usize = 0;
export let leftIm: usize = 0;
/** `[cols]`. */
export let right: usize = 0;
export let rightIm: usize = 0;

let isComplex: bool = false;

function part(count: i32): usize {
  return isComplex ? floats(count) : 0;
}

function squaredNorm(re: usize, im: usize, count: i32): f64 {
  return sumOfSquares(re, count) + (isComplex ? sumOfSquares(im, count) : 0);
}

function lengthOf(re: f64, im: f64): f64 {
  return im === 0 ? abs(re) : sqrt(re * re + im * im);
}

/** Adds `sign` times the product of `[rows, inner]` and `[inner, cols]`. */
function addMultiple(
  to: usize,
  toIm: usize,
  sign: f64,
  a: usize,
  aIm: usize,
  b: usize,
  bIm: usize,
  rows: i32,
  inner: i32,
  cols: i32,
): void {
  for (let first = 0; first < inner; first += ROWS_IN_CACHE) {
    const last = min(inner, first + ROWS_IN_CACHE);
    addProduct(to, a, b, sign, rows, inner, cols, first, last);
    if (!isComplex) continue;
    addProduct(to, aIm, bIm, -sign, rows, inner, cols, first, last);
    addProduct(toIm, a, bIm, sign, rows, inner, cols, first, last);
    addProduct(toIm, aIm, b, sign, rows, inner, cols, first, last);
  }
}

function transpose(from: usize, rows: i32, cols: i32, sign: f64): usize {
  const to = floats(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < cols; column++) {
      const value = load<f64>(from + <usize>(row * cols + column) * BYTES);
      store<f64>(to + <usize>(column * rows + row) * BYTES, sign * value);
    }
  }
  return to;
}

let gram: usize = 0;
let gramIm: usize = 0;

/** The Gram matrix of `n` rows. */
function setGram(re: usize, im: usize, n: i32, cols: i32): void {
  gram = floats(n * n);
  gramIm = part(n * n);
  addRowProducts(gram, re, re, n, cols, true);
  if (isComplex) {
    addRowProducts(gram, im, im, n, cols, true);
    addRowProducts(gramIm, im, re, n, cols, false);
  }
  for (let p = 0; p < n; p++) {
    for (let q = 0; q <= p; q++) {
      const own = <usize>(p * n + q) * BYTES;
      const mirrored = <usize>(q * n + p) * BYTES;
      if (isComplex) {
        const entry = load<f64>(gramIm + own) - load<f64>(gramIm + mirrored);
        store<f64>(gramIm + own, entry);
        store<f64>(gramIm + mirrored, -entry);
      }
      if (q < p) store<f64>(gram + mirrored, load<f64>(gram + own));
    }
  }
}

let below: usize = 0;
let belowIm: usize = 0;

/** Returns the squared length of the vector of a step, 0 where there is nothing to do. */
function takeReflection(n: i32, step: i32, negligible: f64): f64 {
  const base = <usize>(step * n) * BYTES;
  const last = base + <usize>(step - 1) * BYTES;
  let tail: f64 = 0;
  for (let at = base; at < last; at += BYTES) {
    tail += load<f64>(gram + at) * load<f64>(gram + at);
    if (isComplex) tail += load<f64>(gramIm + at) * load<f64>(gramIm + at);
  }
  const re = load<f64>(gram + last);
  const im: f64 = isComplex ? load<f64>(gramIm + last) : 0;
  const entry = <usize>(step - 1) * BYTES;
  store<f64>(below + entry, re);
  if (isComplex) store<f64>(belowIm + entry, im);
  if (tail <= negligible) return 0;
  const first = lengthOf(re, im);
  const length = sqrt(first * first + tail);
  const p: f64 = first === 0 ? 1 : re / first;
  const q: f64 = first === 0 ? 0 : im / first;
  store<f64>(below + entry, -p * length);
  if (isComplex) store<f64>(belowIm + entry, -q * length);
  store<f64>(gram + last, p * (first + length));
  if (isComplex) {
    store<f64>(gramIm + last, q * (first + length));
    for (let at = base; at <= last; at += BYTES) {
      store<f64>(gramIm + at, -load<f64>(gramIm + at));
    }
  }
  return tail + (first + length) * (first + length);
}

let vector: usize = 0;
let vectorIm: usize = 0;

/** The leading eigenvector of the Gram matrix, which it overwrites; false where it does not converge. */
function setVector(n: i32): bool {
  const diagonal = floats(n);
  below = floats(n);
  belowIm = part(n);
  const scales = floats(n);
  const w = floats(n);
  const wIm = part(n);
  const negligible = NEGLIGIBLE * squaredNorm(gram, gramIm, n * n);
  for (let step = n - 1; step >= 1; step--) {
    const own = <usize>step * BYTES;
    store<f64>(diagonal + own, load<f64>(gram + <usize>(step * (n + 1)) * BYTES));
    const squared = takeReflection(n, step, negligible);
    if (squared === 0) continue;
    store<f64>(scales + own, 2 / squared);
    if (isComplex) reflectComplex(gram, gramIm, n, step, 2 / squared, w, wIm);
    else reflectReal(gram, n, step, 2 / squared, w);
  }
  store<f64>(diagonal, load<f64>(gram));
  // Real by a diagonal of phases.
  const offDiagonal = floats(n);
  const phases = floats(n);
  const phasesIm = floats(n);
  store<f64>(phases, 1);
  const end = <usize>(n - 1) * BYTES;
  for (let at: usize = 0; at < end; at += BYTES) {
    const re = load<f64>(below + at);
    const im: f64 = isComplex ? load<f64>(belowIm + at) : 0;
    const length = lengthOf(re, im);
    store<f64>(offDiagonal + at, length);
    const c: f64 = length === 0 ? 1 : re / length;
    const s: f64 = length === 0 ? 0 : im / length;
    const x = load<f64>(phases + at);
    const y = load<f64>(phasesIm + at);
    store<f64>(phases + at, x * c - y * s, 8);
    store<f64>(phasesIm + at, x * s + y * c, 8);
  }
  const found = leadingOfTridiagonal(diagonal, offDiagonal, n);
  if (found === 0) return false;
  vector = floats(n);
  vectorIm = part(n);
  for (let at: usize = 0; at <= end; at += BYTES) {
    const value = load<f64>(found + at);
    store<f64>(vector + at, value * load<f64>(phases + at));
    if (isComplex) store<f64>(vectorIm + at, value * load<f64>(phasesIm + at));
  }
  for (let step = 2; step < n; step++) {
    const scale = load<f64>(scales + <usize>step * BYTES);
    if (scale !== 0) reflectVector(n, step, scale);
  }
  return true;
}

function reflectVector(n: i32, step: i32, scale: f64): void {
  const v = gram + <usize>(step * n) * BYTES;
  const vIm = gramIm + <usize>(step * n) * BYTES;
  const end = <usize>step * BYTES;
  let p: f64 = 0;
  let q: f64 = 0;
  if (!isComplex) {
    for (let at: usize = 0; at < end; at += BYTES) p += load<f64>(v + at) * load<f64>(vector + at);
    p *= scale;
    for (let at: usize = 0; at < end; at += BYTES) {
      store<f64>(vector + at, load<f64>(vector + at) - p * load<f64>(v + at));
    }
    return;
  }
  for (let at: usize = 0; at < end; at += BYTES) {
    const c = load<f64>(v + at);
    const d = load<f64>(vIm + at);
    const s = load<f64>(vector + at);
    const t = load<f64>(vectorIm + at);
    p += c * s + d * t;
    q += c * t - d * s;
  }
  p *= scale;
  q *= scale;
  for (let at: usize = 0; at < end; at += BYTES) {
    const c = load<f64>(v + at);
    const d = load<f64>(vIm + at);
    store<f64>(vector + at, load<f64>(vector + at) - (c * p - d * q));
    store<f64>(vectorIm + at, load<f64>(vectorIm + at) - (c * q + d * p));
  }
}

/** The leading left singular vector. */
function setLeft(re: usize, im: usize, rows: i32, cols: i32): bool {
  if (cols > rows) {
    setGram(re, im, rows, cols);
    if (!setVector(rows)) return false;
    left = vector;
    leftIm = vectorIm;
    return true;
  }
  const turnedIm = isComplex ? transpose(im, rows, cols, -1) : 0;
  setGram(transpose(re, rows, cols, 1), turnedIm, cols, rows);
  if (!setVector(cols)) return false;
  left = floats(rows);
  leftIm = part(rows);
  addMultiple(left, leftIm, 1, re, im, vector, vectorIm, rows, cols, 1);
  const bytes = <usize>rows * BYTES;
  let squared: f64 = 0;
  for (let at: usize = 0; at < bytes; at += BYTES) {
    const x = load<f64>(left + at);
    const y: f64 = isComplex ? load<f64>(leftIm + at) : 0;
    squared += isComplex ? x * x + y * y : x * x;
  }
  const isDependent = squared <= squared * DEPENDENT;
  const length = sqrt(squared);
  for (let at: usize = 0; at < bytes; at += BYTES) {
    store<f64>(left + at, isDependent ? 0 : load<f64>(left + at) / length);
    if (isComplex) store<f64>(leftIm + at, isDependent ? 0 : load<f64>(leftIm + at) / length);
  }
  return true;
}

/**
 * Sets {@link left} and {@link right}, and adds what is dropped, and what must be, to two numbers; false where
 * the plain way does not do.
 *
 * @param re `[rows, cols]`, overwritten
 */
export function truncateToRankOne(re: usize, im: usize, rows: i32, cols: i32, sums: usize): bool {
  isComplex = im !== 0;
  const norm = squaredNorm(re, im, rows * cols);
  if (!(norm > SMALLEST && norm < LARGEST)) return false;
  if (!setLeft(re, im, rows, cols)) return false;
  const turned = transpose(left, rows, 1, 1);
  const turnedIm = isComplex ? transpose(leftIm, rows, 1, -1) : 0;
  right = floats(cols);
  rightIm = part(cols);
  addMultiple(right, rightIm, 1, turned, turnedIm, re, im, 1, rows, cols);
  addMultiple(re, im, -1, left, leftIm, right, rightIm, rows, 1, cols);
  const dropped = squaredNorm(re, im, rows * cols);
  const rounding = <f64>(rows + cols) * ROUNDING * sqrt(norm);
  let least: f64 = 0;
  if (!(dropped <= rounding * rounding)) {
    // Squares cannot tell such a part apart.
    if (!(dropped > LARGE * norm)) return false;
    least = max(0, dropped - EIGEN_ERROR * norm);
  }
  store<f64>(sums, load<f64>(sums) + dropped);
  store<f64>(sums, load<f64>(sums, 8) + least, 8);
  return true;
}
