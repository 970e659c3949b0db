/**
 * The best approximation of rank one of a matrix of two rows: `TwoRows` of `packages/butterfly/src/linear-algebra`,
 * which documents it, operation by operation. Imaginary parts are at address 0 where there are none.
 */
import { BYTES, sumOfSquares } from "./dense-sums";

const SMALLEST: f64 = 2.0 ** -480;
const LARGEST: f64 = 2.0 ** 480;
const LARGE: f64 = 2.0 ** -20;
const EIGEN_ERROR: f64 = 2.0 ** -44;
const ROUNDING: f64 = 2.0 ** -50;

let re: usize = 0;
let im: usize = 0;
let cols: i32 = 0;
let row: usize = 0;
let rowIm: usize = 0;
let column: usize = 0;
let columnIm: usize = 0;

/** Where the matrix is read, and the row and the column written. */
export function setTwoRows(
  ofRe: usize,
  ofIm: usize,
  ofCols: i32,
  ofRow: usize,
  ofRowIm: usize,
  ofColumn: usize,
  ofColumnIm: usize,
): void {
  re = ofRe;
  im = ofIm;
  cols = ofCols;
  row = ofRow;
  rowIm = ofRowIm;
  column = ofColumn;
  columnIm = ofColumnIm;
}

/** Adds what is dropped, and what must be, to two numbers; false where the closed form does not apply. */
export function projectTwoRows(sums: usize): bool {
  const line = <usize>cols * BYTES;
  let first: f64 = 0;
  let second: f64 = 0;
  let crossRe: f64 = 0;
  let crossIm: f64 = 0;
  for (let at: usize = 0; at < line; at += BYTES) {
    const x = load<f64>(re + at);
    const y = load<f64>(re + line + at);
    if (im === 0) {
      first += x * x;
      second += y * y;
      crossRe += x * y;
      continue;
    }
    const s = load<f64>(im + at);
    const t = load<f64>(im + line + at);
    first += x * x + s * s;
    second += y * y + t * t;
    crossRe += x * y + s * t;
    crossIm += s * y - x * t;
  }
  const norm = first + second;
  if (!(norm > SMALLEST && norm < LARGEST)) return false;
  setColumn((first - second) / 2, crossRe, crossIm);
  const dropped = im === 0 ? projectReal() : projectComplex();
  store<f64>(sums, load<f64>(sums) + dropped);
  store<f64>(sums, load<f64>(sums, 8) + leastOf(norm, dropped), 8);
  return true;
}

/** Makes the row one of unit norm, and the column what has the norm. */
export function turnNormToColumn(): void {
  const norm = sqrt(squaredNormOfRow());
  multiply(column, 2, norm);
  multiply(row, cols, 1 / norm);
  if (im === 0) return;
  multiply(columnIm, 2, norm);
  multiply(rowIm, cols, 1 / norm);
}

function squaredNormOfRow(): f64 {
  return sumOfSquares(row, cols) + (im === 0 ? 0 : sumOfSquares(rowIm, cols));
}

function multiply(values: usize, count: i32, factor: f64): void {
  const end = values + <usize>count * BYTES;
  for (; values < end; values += BYTES) store<f64>(values, load<f64>(values) * factor);
}

function setColumn(half: f64, crossRe: f64, crossIm: f64): void {
  const cross = sqrt(crossRe * crossRe + crossIm * crossIm);
  const sum = abs(half) + sqrt(half * half + cross * cross);
  const squares = sqrt(sum * sum + cross * cross);
  // Of two equal eigenvalues any vector is one.
  const length = squares === 0 ? 1 : squares;
  const real = (sum === 0 ? 1 : sum) / length;
  const p = crossRe / length;
  const q = crossIm / length;
  const large: usize = half >= 0 ? 0 : BYTES;
  store<f64>(column + large, real);
  store<f64>(column + (BYTES - large), p);
  if (im === 0) return;
  store<f64>(columnIm + large, 0);
  store<f64>(columnIm + (BYTES - large), half >= 0 ? -q : q);
}

function projectReal(): f64 {
  const line = <usize>cols * BYTES;
  const u = load<f64>(column);
  const v = load<f64>(column, 8);
  let dropped: f64 = 0;
  for (let at: usize = 0; at < line; at += BYTES) {
    const x = load<f64>(re + at);
    const y = load<f64>(re + line + at);
    const r = u * x + v * y;
    store<f64>(row + at, r);
    const p = x - u * r;
    const q = y - v * r;
    dropped += p * p + q * q;
  }
  return dropped;
}

function projectComplex(): f64 {
  const line = <usize>cols * BYTES;
  const ur = load<f64>(column);
  const vr = load<f64>(column, 8);
  const ui = load<f64>(columnIm);
  const vi = load<f64>(columnIm, 8);
  let dropped: f64 = 0;
  for (let at: usize = 0; at < line; at += BYTES) {
    const x = load<f64>(re + at);
    const s = load<f64>(im + at);
    const y = load<f64>(re + line + at);
    const t = load<f64>(im + line + at);
    const p = ur * x + ui * s + vr * y + vi * t;
    const q = ur * s - ui * x + vr * t - vi * y;
    store<f64>(row + at, p);
    store<f64>(rowIm + at, q);
    const a = x - (ur * p - ui * q);
    const b = s - (ur * q + ui * p);
    const c = y - (vr * p - vi * q);
    const d = t - (vr * q + vi * p);
    dropped += a * a + b * b + (c * c + d * d);
  }
  return dropped;
}

/** What must be dropped: `leastDropped` of the same folder. */
function leastOf(norm: f64, dropped: f64): f64 {
  const rounding = <f64>(2 + cols) * ROUNDING * sqrt(norm);
  if (dropped <= rounding * rounding) return 0;
  if (dropped > LARGE * norm) return max(0, dropped - EIGEN_ERROR * norm);
  return max(0, dropped - beside() / (squaredNormOfRow() - dropped));
}

/** The squared norm of the row times what is dropped, adjoint. */
function beside(): f64 {
  const line = <usize>cols * BYTES;
  let sum: f64 = 0;
  for (let own: usize = 0; own < 2 * BYTES; own += BYTES) {
    const u = load<f64>(column + own);
    const v = im === 0 ? 0 : load<f64>(columnIm + own);
    const from = own === 0 ? 0 : line;
    let real: f64 = 0;
    let imaginary: f64 = 0;
    for (let at: usize = 0; at < line; at += BYTES) {
      const p = load<f64>(row + at);
      const q = im === 0 ? 0 : load<f64>(rowIm + at);
      const x = load<f64>(re + from + at) - (u * p - v * q);
      const y = (im === 0 ? 0 : load<f64>(im + from + at)) - (u * q + v * p);
      real += p * x + q * y;
      imaginary += q * x - p * y;
    }
    sum += real * real + imaginary * imaginary;
  }
  return sum;
}
