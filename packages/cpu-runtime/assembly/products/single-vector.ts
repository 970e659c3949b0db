/**
 * A group of outputs for one vector: the lanes are outputs, so that weights are read once, four at a time.
 *
 * Of all: inputs lie `xRow` bytes apart, and outputs `yRow`; sums are added to the numbers that begin at `start`
 * and lie `startRow` bytes apart, biases or what y has so far.
 */
import { multiplyAdd } from "../vector-math";
import { halfMask, halfScale, widened } from "./halves";

/** Six outputs. `values` is `[c, 6]`: two inputs have three times four weights. */
export function sixForOne(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  let low0 = f32x4.splat(-0.0);
  let both0 = low0;
  let high0 = low0;
  let low1 = low0;
  let both1 = low0;
  let high1 = low0;
  let l = 0;
  for (const end = c - 3; l < end; l += 4) {
    const p = v128.load32_splat(x);
    const q = v128.load32_splat(x + xRow);
    low0 = multiplyAdd(v128.load(values), p, low0);
    both0 = multiplyAdd(v128.load(values, 16), i64x2.shuffle(p, q, 0, 2), both0);
    high0 = multiplyAdd(v128.load(values, 32), q, high0);
    x += 2 * xRow;
    const r = v128.load32_splat(x);
    const s = v128.load32_splat(x + xRow);
    low1 = multiplyAdd(v128.load(values, 48), r, low1);
    both1 = multiplyAdd(v128.load(values, 64), i64x2.shuffle(r, s, 0, 2), both1);
    high1 = multiplyAdd(v128.load(values, 80), s, high1);
    x += 2 * xRow;
    values += 96;
  }
  for (; l < c; l++) {
    const p = v128.load32_splat(x);
    low0 = multiplyAdd(v128.load(values), p, low0);
    both0 = multiplyAdd(v128.load64_zero(values, 16), firstTwo(p), both0);
    x += xRow;
    values += 24;
  }
  storeSix(
    f32x4.add(low0, low1),
    f32x4.add(both0, both1),
    f32x4.add(high0, high1),
    y,
    yRow,
    start,
    startRow,
  );
}

/** The same of weights in half precision, all of them finite. */
export function sixHalvesForOne(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  let low0 = f32x4.splat(-0.0);
  let both0 = low0;
  let high0 = low0;
  let low1 = low0;
  let both1 = low0;
  let high1 = low0;
  let l = 0;
  for (const end = c - 3; l < end; l += 4) {
    const p = v128.load32_splat(x);
    const q = v128.load32_splat(x + xRow);
    low0 = multiplyAdd(widened(v128.load16x4_s(values), mask, scale), p, low0);
    both0 = multiplyAdd(
      widened(v128.load16x4_s(values, 8), mask, scale),
      i64x2.shuffle(p, q, 0, 2),
      both0,
    );
    high0 = multiplyAdd(widened(v128.load16x4_s(values, 16), mask, scale), q, high0);
    x += 2 * xRow;
    const r = v128.load32_splat(x);
    const s = v128.load32_splat(x + xRow);
    low1 = multiplyAdd(widened(v128.load16x4_s(values, 24), mask, scale), r, low1);
    both1 = multiplyAdd(
      widened(v128.load16x4_s(values, 32), mask, scale),
      i64x2.shuffle(r, s, 0, 2),
      both1,
    );
    high1 = multiplyAdd(widened(v128.load16x4_s(values, 40), mask, scale), s, high1);
    x += 2 * xRow;
    values += 48;
  }
  for (; l < c; l++) {
    const p = v128.load32_splat(x);
    low0 = multiplyAdd(widened(v128.load16x4_s(values), mask, scale), p, low0);
    const last = i32x4.extend_low_i16x8_s(v128.load32_zero(values, 8));
    both0 = multiplyAdd(widened(last, mask, scale), firstTwo(p), both0);
    x += xRow;
    values += 12;
  }
  storeSix(
    f32x4.add(low0, low1),
    f32x4.add(both0, both1),
    f32x4.add(high0, high1),
    y,
    yRow,
    start,
    startRow,
  );
}

/** Four outputs. `values` is `[c, 4]`. */
export function fourForOne(
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  let sum0 = f32x4.splat(-0.0);
  let sum1 = sum0;
  let l = 0;
  for (const end = c - 1; l < end; l += 2) {
    sum0 = multiplyAdd(v128.load(values), v128.load32_splat(x), sum0);
    sum1 = multiplyAdd(v128.load(values, 16), v128.load32_splat(x + xRow), sum1);
    x += 2 * xRow;
    values += 32;
  }
  if (l < c) sum0 = multiplyAdd(v128.load(values), v128.load32_splat(x), sum0);
  storeFour(f32x4.add(sum0, sum1), y, yRow, start, startRow);
}

/** One output, of `size` that the values are packed for: they are `[c, size]`. */
export function oneForOne(
  c: i32,
  size: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  start: usize,
): void {
  const step = (<usize>size) << 2;
  let sum = v128.load32_zero(start);
  for (let l = 0; l < c; l++) {
    sum = multiplyAdd(v128.load32_zero(values), v128.load32_zero(x), sum);
    x += xRow;
    values += step;
  }
  v128.store32_lane(y, sum, 0);
}

/** Nothing in the lanes without weights, where 0 times infinity would be added. */
function firstTwo(x: v128): v128 {
  return i64x2.shuffle(x, f32x4.splat(0), 0, 2);
}

/** Sums of outputs 0 to 3; of 4 and 5 and of 0 and 1; of 2 to 5. */
function storeSix(
  low: v128,
  both: v128,
  high: v128,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  storeFour(f32x4.add(low, i64x2.shuffle(both, high, 1, 2)), y, yRow, start, startRow);
  const last = f32x4.add(both, i64x2.shuffle(high, high, 1, 0));
  storeTwo(last, y + 4 * yRow, yRow, start + 4 * startRow, startRow);
}

/** The first two of these. */
export function storeTwo(last: v128, y: usize, yRow: usize, start: usize, startRow: usize): void {
  const before = v128.load32_lane(start + startRow, v128.load32_zero(start), 1);
  const sums = f32x4.add(last, before);
  v128.store32_lane(y, sums, 0);
  v128.store32_lane(y + yRow, sums, 1);
}

export function storeFour(sums: v128, y: usize, yRow: usize, start: usize, startRow: usize): void {
  let before = v128.load32_zero(start);
  before = v128.load32_lane(start + startRow, before, 1);
  before = v128.load32_lane(start + 2 * startRow, before, 2);
  before = v128.load32_lane(start + 3 * startRow, before, 3);
  const all = f32x4.add(sums, before);
  v128.store32_lane(y, all, 0);
  v128.store32_lane(y + yRow, all, 1);
  v128.store32_lane(y + 2 * yRow, all, 2);
  v128.store32_lane(y + 3 * yRow, all, 3);
}
