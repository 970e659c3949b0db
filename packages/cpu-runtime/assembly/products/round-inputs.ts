/** One vector in whole numbers of 16 bits, or of 8 for weights of 4 bits, 32 of them to a scale. */
import { BIPOLAR } from "../kernel-options";
import { multiplyAdd } from "../vector-math";
import { lastCode } from "./codes";
import { SCALED } from "./few-bits";

/** Of 32 inputs: their numbers of 16 bits, their scale, and a multiple of their sum where an offset asks for it. */
export const WORDS_BYTES: usize = 72;
export const WORDS_SCALE: usize = 64;
export const WORDS_SUM: usize = 68;
/** The same with numbers of 8 bits. */
export const BYTES_BYTES: usize = 40;
export const BYTES_SCALE: usize = 32;
export const BYTES_SUM: usize = 36;
/** Below it, a scale would have no inverse. */
const LEAST: f32 = 1e-30;

/**
 * Rounds `c` inputs, and zeros up to a multiple of eight, for weights of so many bits.
 *
 * @param copies scratch memory of 32 numbers
 * @param offset by which sums of inputs are multiplied, see {@link offsetOf}; where it is 0, there are none
 * @returns whether all of them can be: not where one is infinite or NaN, or all of a scale are tiny
 */
export function roundInputs(
  c: i32,
  bits: i32,
  x: usize,
  xRow: usize,
  to: usize,
  copies: usize,
  offset: i32,
): bool {
  for (let first = 0; first < c; first += SCALED) {
    const count = min(SCALED, c - first);
    const filled = (count + 7) & ~7;
    let from = x;
    if (xRow !== 4 || count < filled) {
      from = copies;
      copyInputs(count, filled, x, xRow, copies);
    }
    const isRounded =
      bits === 4
        ? roundTogether<i8>(filled, from, to, offset)
        : roundTogether<i16>(filled, from, to, offset);
    if (!isRounded) return false;
    x += <usize>SCALED * xRow;
    to += bits === 4 ? BYTES_BYTES : WORDS_BYTES;
  }
  return true;
}

/** Copies `count` inputs that lie apart, and zeros up to `filled`: four at a time, as they are read again. */
export function copyInputs(count: i32, filled: i32, x: usize, xRow: usize, to: usize): void {
  for (let l = 0; l < filled; l += 4) {
    let four = f32x4.splat(0);
    if (l < count) four = v128.load32_zero(x);
    if (l + 1 < count) four = v128.load32_lane(x + xRow, four, 1);
    if (l + 2 < count) four = v128.load32_lane(x + 2 * xRow, four, 2);
    if (l + 3 < count) four = v128.load32_lane(x + 3 * xRow, four, 3);
    v128.store(to, four);
    x += 4 * xRow;
    to += 16;
  }
}

/** So many inputs of one scale, whole eights, to numbers of type `T`, with their sum unless the offset is 0. */
function roundTogether<T>(filled: i32, x: usize, to: usize, offset: i32): bool {
  const bytes = (<usize>filled) << 2;
  // A NaN stays.
  let largest4 = f32x4.abs(v128.load(x));
  for (let at: usize = 16; at < bytes; at += 16) {
    largest4 = f32x4.max(largest4, f32x4.abs(v128.load(x + at)));
  }
  largest4 = f32x4.max(largest4, i64x2.shuffle(largest4, largest4, 1, 0));
  const largest = max(f32x4.extract_lane(largest4, 0), f32x4.extract_lane(largest4, 1));
  if (!(largest < Infinity) || (largest > 0 && largest < LEAST)) return false;
  const top: f32 = sizeof<T>() === 2 ? 32767 : 127;
  const inverse = f32x4.splat(largest > 0 ? top / largest : 0);
  let sums = i32x4.splat(0);
  for (let at: usize = 0; at < bytes >> 1; at += 16) {
    const a = f32x4.nearest(f32x4.mul(v128.load(x + 2 * at), inverse));
    const b = f32x4.nearest(f32x4.mul(v128.load(x + 2 * at, 16), inverse));
    const numbers = i16x8.narrow_i32x4_s(wholeNumbers(a), wholeNumbers(b));
    if (offset !== 0) sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(numbers));
    if (sizeof<T>() === 2) v128.store(to + at, numbers);
    else v128.store64_lane(to + (at >> 1), i8x16.narrow_i16x8_s(numbers, numbers), 0);
  }
  store<f32>(to, largest / top, sizeof<T>() === 2 ? WORDS_SCALE : BYTES_SCALE);
  if (offset !== 0) {
    sums = i32x4.add(sums, i64x2.shuffle(sums, sums, 1, 0));
    const sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
    store<i32>(to, sum * offset, sizeof<T>() === 2 ? WORDS_SUM : BYTES_SUM);
  }
  return true;
}

/** Of numbers that are whole, and not large. */
function wholeNumbers(x: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i32x4.relaxed_trunc_f32x4_s(x) : i32x4.trunc_sat_f32x4_s(x);
}

/**
 * What is added to a code in memory, or to twice one of bipolar weights, which is negative there, to make its number: nothing
 * to one of 8 bits.
 */
export function offsetOf(bits: i32, codes: i32): i32 {
  if (codes === BIPOLAR) return lastCode(bits);
  return bits === 8 ? 0 : -8;
}

/** Sums of whole numbers, times the scales of weights and inputs. */
export function scaled(sums: v128, scales: v128, ofInputs: v128, before: v128): v128 {
  return multiplyAdd(f32x4.convert_i32x4_s(sums), f32x4.mul(scales, ofInputs), before);
}
