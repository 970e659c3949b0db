/**
 * All classes of a split at once, of a matrix that is in memory as a whole: `Split` of
 * `packages/butterfly/src/factorization` documents the classes. Numbers are in double precision; imaginary parts are
 * at address 0 where there are none.
 */
import { floats, startMemory } from "./dense-memory";
import { addProduct } from "./dense-products";
import { left, leftIm, right, rightIm, truncateToRankOne } from "./dense-rank-one";
import { BYTES, sumOfSquares } from "./dense-sums";
import { projectTwoRows, setTwoRows, turnNormToColumn } from "./dense-two-rows";

/** Inner indices of which rows stay in a cache, as in `packages/butterfly/src/linear-algebra`. */
const ROWS_IN_CACHE = 32;

let b1: i32 = 0;
let c1: i32 = 0;
let d1: i32 = 0;
let b2: i32 = 0;
let c2: i32 = 0;
let d2: i32 = 0;
let rank: i32 = 0;
/** Of the product. */
let rows: i32 = 0;
let cols: i32 = 0;
let columnSplit: i32 = 0;
let rowSplit: i32 = 0;

/** Where the blocks of a class begin: {@link place} sets them. */
let blockStart: i32 = 0;
let leftStart: i32 = 0;
let rightStart: i32 = 0;

/** The split of which classes are asked for next: its chainable patterns and their rank. */
export function setSplit(
  a1: i32,
  ofB1: i32,
  ofC1: i32,
  ofD1: i32,
  a2: i32,
  ofB2: i32,
  ofC2: i32,
  ofD2: i32,
  ofRank: i32,
): void {
  b1 = ofB1;
  c1 = ofC1;
  d1 = ofD1;
  b2 = ofB2;
  c2 = ofC2;
  d2 = ofD2;
  rank = ofRank;
  columnSplit = a2 / a1;
  rowSplit = d1 / d2;
  rows = b1 * rowSplit;
  cols = columnSplit * c2;
}

/** As `class-blocks.ts` places them. */
function place(index: i32): void {
  const superBlock = index / d1;
  const neighbour = index % d1;
  const i = superBlock / columnSplit;
  const s = superBlock % columnSplit;
  const q = neighbour / d2;
  const k = neighbour % d2;
  blockStart = ((i * rows + q) * cols + s * c2) * d2 + k;
  leftStart = (i * b1 * c1 + s * rank) * d1 + neighbour;
  rightStart = (superBlock * b2 + q) * c2 * d2 + k;
}

function gather(
  from: usize,
  start: i32,
  count: i32,
  step: i32,
  length: i32,
  each: i32,
  to: usize,
): void {
  const bytes = <usize>each * BYTES;
  for (let line = 0; line < count; line++) {
    let at = from + <usize>(start + line * step) * BYTES;
    for (let l = 0; l < length; l++, at += bytes, to += BYTES) store<f64>(to, load<f64>(at));
  }
}

function scatter(from: usize, sign: f64, to: usize, start: i32, count: i32, step: i32): void {
  let at = to + <usize>start * BYTES;
  const bytes = <usize>step * BYTES;
  for (let l = 0; l < count; l++, from += BYTES, at += bytes) {
    store<f64>(at, sign * load<f64>(from));
  }
}

/**
 * Splits classes whose blocks have two rows or two columns, at rank one, and adds what is dropped of them, and what
 * must be, to two numbers at `sums`. Where there are no factors, at address 0, it does this alone.
 *
 * @param work memory for five times the longer side of a block, and two numbers; twice as much for complex ones
 * @returns whether the closed form applies to all of them
 */
export function splitTwoRows(
  first: i32,
  last: i32,
  re: usize,
  im: usize,
  leftRe: usize,
  leftIm: usize,
  rightRe: usize,
  rightIm: usize,
  isRightOrthonormal: bool,
  sums: usize,
  work: usize,
): bool {
  const isWide = b1 <= c2;
  const length = isWide ? c2 : b1;
  const lineStep = isWide ? rowSplit * cols * d2 : d2;
  const step = isWide ? d2 : rowSplit * cols * d2;
  const part = <usize>length * BYTES;
  const matrixIm = im === 0 ? 0 : work + 2 * part;
  const row = work + (im === 0 ? 2 : 4) * part;
  const rowIm = im === 0 ? 0 : row + part;
  const column = row + (im === 0 ? 1 : 2) * part;
  const columnIm = im === 0 ? 0 : column + 2 * BYTES;
  setTwoRows(work, matrixIm, length, row, rowIm, column, columnIm);
  const sign: f64 = isWide ? 1 : -1;
  for (let index = first; index < last; index++) {
    place(index);
    gather(re, blockStart, 2, lineStep, length, step, work);
    if (im !== 0) {
      gather(im, blockStart, 2, lineStep, length, step, matrixIm);
      if (!isWide) scatter(matrixIm, -1, matrixIm, 0, 2 * length, 1);
    }
    if (!projectTwoRows(sums)) return false;
    if (leftRe === 0) continue;
    if (isWide === isRightOrthonormal) turnNormToColumn();
    if (isWide) {
      scatter(column, 1, leftRe, leftStart, 2, c1 * d1);
      scatter(row, 1, rightRe, rightStart, length, d2);
    } else {
      scatter(row, 1, leftRe, leftStart, length, c1 * d1);
      scatter(column, 1, rightRe, rightStart, 2, d2);
    }
    if (im === 0) continue;
    if (isWide) {
      scatter(columnIm, sign, leftIm, leftStart, 2, c1 * d1);
      scatter(rowIm, sign, rightIm, rightStart, length, d2);
    } else {
      scatter(rowIm, sign, leftIm, leftStart, length, c1 * d1);
      scatter(columnIm, sign, rightIm, rightStart, 2, d2);
    }
  }
  return true;
}

/**
 * Splits classes at rank one by their leading singular vectors, as {@link splitTwoRows} does.
 *
 * @param work memory for three blocks, a square of their shorter side and 16 times both sides together; twice as
 *   much for complex ones
 */
export function splitRankOne(
  first: i32,
  last: i32,
  re: usize,
  im: usize,
  toLeft: usize,
  toLeftIm: usize,
  toRight: usize,
  toRightIm: usize,
  isRightOrthonormal: bool,
  sums: usize,
  work: usize,
): bool {
  // What is truncated has the orthonormal side on the left: the block, or its adjoint.
  const onLeft = !isRightOrthonormal;
  const lineStep = onLeft ? rowSplit * cols * d2 : d2;
  const step = onLeft ? d2 : rowSplit * cols * d2;
  const lines = onLeft ? b1 : c2;
  const length = onLeft ? c2 : b1;
  const count = b1 * c2;
  for (let index = first; index < last; index++) {
    place(index);
    startMemory(work);
    const block = floats(count);
    const blockIm = im === 0 ? 0 : floats(count);
    gather(re, blockStart, lines, lineStep, length, step, block);
    if (im !== 0) {
      gather(im, blockStart, lines, lineStep, length, step, blockIm);
      if (!onLeft) scatter(blockIm, -1, blockIm, 0, count, 1);
    }
    if (!truncateToRankOne(block, blockIm, lines, length, sums)) return false;
    if (toLeft === 0) continue;
    scatter(onLeft ? left : right, 1, toLeft, leftStart, b1, c1 * d1);
    scatter(onLeft ? right : left, 1, toRight, rightStart, c2, d2);
    if (im === 0) continue;
    const sign: f64 = onLeft ? 1 : -1;
    scatter(onLeft ? leftIm : rightIm, sign, toLeftIm, leftStart, b1, c1 * d1);
    scatter(onLeft ? rightIm : leftIm, sign, toRightIm, rightStart, c2, d2);
  }
  return true;
}

/**
 * The squared norm of the difference between the product and the product of two factors, in some classes.
 *
 * @param work memory for the blocks of a class: of the product, of the left factor, of the right one
 */
export function squaredDistance(
  first: i32,
  last: i32,
  re: usize,
  im: usize,
  leftRe: usize,
  leftIm: usize,
  rightRe: usize,
  rightIm: usize,
  work: usize,
): f64 {
  const parts: usize = im === 0 ? 1 : 2;
  const block = <usize>(b1 * c2) * BYTES;
  const leftBytes = <usize>(b1 * rank) * BYTES;
  const rightBytes = <usize>(rank * c2) * BYTES;
  const ownLeft = work + parts * block;
  const ownRight = ownLeft + parts * leftBytes;
  const line = rowSplit * cols * d2;
  const next = rowSplit * c2 * d2;
  let sum: f64 = 0;
  for (let index = first; index < last; index++) {
    place(index);
    gather(re, blockStart, b1, line, c2, d2, work);
    gather(leftRe, leftStart, b1, c1 * d1, rank, d1, ownLeft);
    gather(rightRe, rightStart, rank, next, c2, d2, ownRight);
    if (im !== 0) {
      gather(im, blockStart, b1, line, c2, d2, work + block);
      gather(leftIm, leftStart, b1, c1 * d1, rank, d1, ownLeft + leftBytes);
      gather(rightIm, rightStart, rank, next, c2, d2, ownRight + rightBytes);
    }
    for (let from = 0; from < rank; from += ROWS_IN_CACHE) {
      const to = min(rank, from + ROWS_IN_CACHE);
      addProduct(work, ownLeft, ownRight, -1, b1, rank, c2, from, to);
      if (im === 0) continue;
      addProduct(work, ownLeft + leftBytes, ownRight + rightBytes, 1, b1, rank, c2, from, to);
      addProduct(work + block, ownLeft, ownRight + rightBytes, -1, b1, rank, c2, from, to);
      addProduct(work + block, ownLeft + leftBytes, ownRight, -1, b1, rank, c2, from, to);
    }
    sum += sumOfSquares(work, b1 * c2) + (im === 0 ? 0 : sumOfSquares(work + block, b1 * c2));
  }
  return sum;
}

/** The product of two factors: the values of its pattern, `a1` super-blocks of them. */
export function multiplyFactors(
  a1: i32,
  leftRe: usize,
  leftIm: usize,
  rightRe: usize,
  rightIm: usize,
  toRe: usize,
  toIm: usize,
): void {
  for (let i = 0; i < a1; i++) {
    for (let j = 0; j < b1; j++) {
      for (let q = 0; q < rowSplit; q++) {
        for (let s = 0; s < columnSplit; s++) {
          const onLeft = ((i * b1 + j) * c1 + s * rank) * d1 + q * d2;
          const onRight = ((i * columnSplit + s) * b2 + q) * c2 * d2;
          for (let at = 0; at < c2 * d2; at++) {
            const p = <usize>(onLeft + (at % d2)) * BYTES;
            const q = <usize>(onRight + at) * BYTES;
            const first = sumOfProducts(leftRe + p, rightRe + q);
            if (leftIm === 0) {
              store<f64>(toRe, first);
              toRe += BYTES;
              continue;
            }
            store<f64>(toRe, first - sumOfProducts(leftIm + p, rightIm + q));
            const second = sumOfProducts(leftRe + p, rightIm + q);
            store<f64>(toIm, second + sumOfProducts(leftIm + p, rightRe + q));
            toRe += BYTES;
            toIm += BYTES;
          }
        }
      }
    }
  }
}

/** Over the middle indices of a class, from the first one on. */
function sumOfProducts(left: usize, right: usize): f64 {
  const leftStep = <usize>d1 * BYTES;
  const rightStep = <usize>(rowSplit * c2 * d2) * BYTES;
  let sum: f64 = 0;
  for (let t = 0; t < rank; t++, left += leftStep, right += rightStep) {
    sum += load<f64>(left) * load<f64>(right);
  }
  return sum;
}
