/**
 * One vector by weights of few bits: its numbers are rounded to 16 bits, 32 of them to a scale, and multiplied by the
 * codes as whole numbers. Sums of 32 products are exact, and those of their multiples in float32. An output is so
 * accurate to 2^-16 of the largest of each 32 inputs, times the magnitudes of their weights.
 */
import { multiplyAdd } from "../vector-math";
import { SCALED } from "./few-bits";
import { halfMask, halfScale, widened } from "./halves";
import { storeFour, storeTwo } from "./single-vector";

/** Of 32 inputs: their numbers, their scale, and eight times their sum. */
const INPUT_BYTES: usize = 72;
const SCALE: usize = 64;
const SUM: usize = 68;
/** The largest number. */
const TOP: f32 = 32767;
/** Below it, a scale would have no inverse. */
const LEAST: f32 = 1e-30;

/**
 * Rounds `c` inputs, and writes zeros up to a multiple of {@link SCALED}.
 *
 * @returns whether all of them can be: not where one is infinite or NaN, or all of a scale are tiny
 */
export function roundInputs(c: i32, x: usize, xRow: usize, to: usize): bool {
  for (let first = 0; first < c; first += SCALED) {
    const count = min(SCALED, c - first);
    let largest: f32 = 0;
    let from = x;
    for (let l = 0; l < count; l++) {
      const magnitude = abs(load<f32>(from));
      // A NaN stays.
      largest = max(largest, magnitude);
      from += xRow;
    }
    if (!(largest < Infinity) || (largest > 0 && largest < LEAST)) return false;
    const inverse: f32 = largest > 0 ? TOP / largest : 0;
    let sum = 0;
    for (let l = 0; l < SCALED; l++) {
      let number = 0;
      if (l < count) {
        number = <i32>nearest(load<f32>(x) * inverse);
        number = max(-32767, min(32767, number));
        x += xRow;
      }
      sum += number;
      store<i16>(to + ((<usize>l) << 1), number);
    }
    store<f32>(to, largest / TOP, SCALE);
    store<i32>(to, sum << 3, SUM);
    to += INPUT_BYTES;
  }
  return true;
}

/** Sums of whole numbers, times the scales of weights and inputs. */
function scaled(sums: v128, scales: v128, ofInputs: v128, before: v128): v128 {
  return multiplyAdd(f32x4.convert_i32x4_s(sums), f32x4.mul(scales, ofInputs), before);
}

/**
 * Six outputs. Sums are added to what begins at `start`.
 *
 * @typeParam T `i8` for weights of 8 bits; `u8` for those of 4 bits, of which codes are summed, and eight times the
 *   inputs taken from that
 */
function sixForOne<T>(
  c: i32,
  values: usize,
  x: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  // V8 would build it anew at each use: see halves.ts.
  const nibble = i16x8.splat(<i16>((c >> 31) ^ 15));
  let first = f32x4.splat(-0.0);
  let last = first;
  for (let l = 0; l < c; l += SCALED) {
    const scales = widened(v128.load16x4_s(values), mask, scale);
    // Its last two are other numbers, of which nothing is kept.
    const lastScales = widened(v128.load16x4_s(values, 8), mask, scale);
    values += 12;
    let sum0 = i32x4.splat(0);
    let sum1 = sum0;
    let sum2 = sum0;
    let inputs = x;
    const end = x + (((<usize>min(SCALED, c - l) + 7) & ~7) << 1);
    for (; inputs < end; inputs += 16) {
      const p = v128.load32_splat(inputs);
      const q = v128.load32_splat(inputs, 4);
      const r = v128.load32_splat(inputs, 8);
      const s = v128.load32_splat(inputs, 12);
      if (isSigned<T>()) {
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load8x8_s(values), p));
        sum1 = i32x4.add(
          sum1,
          i32x4.dot_i16x8_s(v128.load8x8_s(values, 8), i64x2.shuffle(p, q, 0, 2)),
        );
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(v128.load8x8_s(values, 16), q));
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load8x8_s(values, 24), r));
        sum1 = i32x4.add(
          sum1,
          i32x4.dot_i16x8_s(v128.load8x8_s(values, 32), i64x2.shuffle(r, s, 0, 2)),
        );
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(v128.load8x8_s(values, 40), s));
        values += 48;
      } else {
        const a = v128.load8x8_u(values);
        const b = v128.load8x8_u(values, 8);
        const d = v128.load8x8_u(values, 16);
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.and(a, nibble), p));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.and(b, nibble), i64x2.shuffle(p, q, 0, 2)));
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(v128.and(d, nibble), q));
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(i16x8.shr_u(a, 4), r));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(i16x8.shr_u(b, 4), i64x2.shuffle(r, s, 0, 2)));
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(i16x8.shr_u(d, 4), s));
        values += 24;
      }
    }
    let sums = i32x4.add(sum0, i64x2.shuffle(sum1, sum2, 1, 2));
    let others = i32x4.add(sum1, i64x2.shuffle(sum2, sum2, 1, 0));
    if (!isSigned<T>()) {
      const offset = v128.load32_splat(x, SUM);
      sums = i32x4.sub(sums, offset);
      others = i32x4.sub(others, offset);
    }
    const ofInputs = v128.load32_splat(x, SCALE);
    first = scaled(sums, scales, ofInputs, first);
    last = scaled(others, lastScales, ofInputs, last);
    x += INPUT_BYTES;
  }
  storeFour(first, y, yRow, start, startRow);
  storeTwo(last, y + 4 * yRow, yRow, start + 4 * startRow, startRow);
}

/** Four outputs; as {@link sixForOne} has six. */
function fourForOne<T>(
  c: i32,
  values: usize,
  x: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  // V8 would build it anew at each use: see halves.ts.
  const nibble = i16x8.splat(<i16>((c >> 31) ^ 15));
  let first = f32x4.splat(-0.0);
  for (let l = 0; l < c; l += SCALED) {
    const scales = widened(v128.load16x4_s(values), mask, scale);
    values += 8;
    let sum0 = i32x4.splat(0);
    let sum1 = sum0;
    let inputs = x;
    const end = x + (((<usize>min(SCALED, c - l) + 7) & ~7) << 1);
    for (; inputs < end; inputs += 16) {
      const p = v128.load32_splat(inputs);
      const q = v128.load32_splat(inputs, 4);
      const r = v128.load32_splat(inputs, 8);
      const s = v128.load32_splat(inputs, 12);
      if (isSigned<T>()) {
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load8x8_s(values), p));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load8x8_s(values, 8), q));
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load8x8_s(values, 16), r));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load8x8_s(values, 24), s));
        values += 32;
      } else {
        const a = v128.load8x8_u(values);
        const b = v128.load8x8_u(values, 8);
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.and(a, nibble), p));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.and(b, nibble), q));
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(i16x8.shr_u(a, 4), r));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(i16x8.shr_u(b, 4), s));
        values += 16;
      }
    }
    let sums = i32x4.add(sum0, sum1);
    if (!isSigned<T>()) sums = i32x4.sub(sums, v128.load32_splat(x, SUM));
    const ofInputs = v128.load32_splat(x, SCALE);
    first = scaled(sums, scales, ofInputs, first);
    x += INPUT_BYTES;
  }
  storeFour(first, y, yRow, start, startRow);
}

/** A group of four or six outputs. */
export function multiplyRounded(
  size: i32,
  bits: i32,
  c: i32,
  values: usize,
  x: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  if (bits === 8) {
    if (size === 6) sixForOne<i8>(c, values, x, y, yRow, start, startRow);
    else fourForOne<i8>(c, values, x, y, yRow, start, startRow);
  } else if (size === 6) sixForOne<u8>(c, values, x, y, yRow, start, startRow);
  else fourForOne<u8>(c, values, x, y, yRow, start, startRow);
}
