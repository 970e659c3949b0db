/**
 * One vector by weights of few bits: its numbers are rounded to 16 bits, 32 of them to a scale, and multiplied by the
 * codes as whole numbers. Sums of 32 products are exact, and those of their multiples in float32. An output is so
 * accurate to 2^-16 of the largest of each 32 inputs, times the magnitudes of their weights.
 */
import { BIPOLAR } from "../kernel-options";
import { multiplyAdd } from "../vector-math";
import { codeFactors, codeMasks, codePlaces, lastCode, negativeCodes } from "./codes";
import { SCALED } from "./few-bits";
import { halfExponents, halfMask, halfScale, widenedScales } from "./halves";
import { storeFour, storeTwo } from "./single-vector";

/** Of 32 inputs: their numbers, their scale, and a multiple of their sum. */
const INPUT_BYTES: usize = 72;
const SCALE: usize = 64;
const SUM: usize = 68;
/** The largest number. */
const TOP: f32 = 32767;
/** Below it, a scale would have no inverse. */
const LEAST: f32 = 1e-30;

/**
 * Rounds `c` inputs, and zeros up to a multiple of {@link SCALED}.
 *
 * @param copies scratch memory of 32 numbers
 * @param offset by which sums of inputs are multiplied, see {@link offsetOf}
 * @returns whether all of them can be: not where one is infinite or NaN, or all of a scale are tiny
 */
export function roundInputs(
  c: i32,
  x: usize,
  xRow: usize,
  to: usize,
  copies: usize,
  offset: i32,
): bool {
  for (let first = 0; first < c; first += SCALED) {
    const count = min(SCALED, c - first);
    let from = x;
    if (xRow !== 4 || count < SCALED) {
      from = copies;
      memory.fill(copies, 0, <usize>(4 * SCALED));
      for (let l = 0; l < count; l++) {
        store<f32>(copies + ((<usize>l) << 2), load<f32>(x + <usize>l * xRow));
      }
    }
    if (!roundTogether(from, to, offset)) return false;
    x += <usize>SCALED * xRow;
    to += INPUT_BYTES;
  }
  return true;
}

/** The inputs of one scale. */
function roundTogether(x: usize, to: usize, offset: i32): bool {
  // A NaN stays.
  let largest4 = f32x4.abs(v128.load(x));
  for (let at: usize = 16; at < 128; at += 16) {
    largest4 = f32x4.max(largest4, f32x4.abs(v128.load(x + at)));
  }
  largest4 = f32x4.max(largest4, i64x2.shuffle(largest4, largest4, 1, 0));
  const largest = max(f32x4.extract_lane(largest4, 0), f32x4.extract_lane(largest4, 1));
  if (!(largest < Infinity) || (largest > 0 && largest < LEAST)) return false;
  const inverse = f32x4.splat(largest > 0 ? TOP / largest : 0);
  let sums = i32x4.splat(0);
  for (let at: usize = 0; at < 64; at += 16) {
    const a = f32x4.nearest(f32x4.mul(v128.load(x + 2 * at), inverse));
    const b = f32x4.nearest(f32x4.mul(v128.load(x + 2 * at, 16), inverse));
    const numbers = i16x8.narrow_i32x4_s(wholeNumbers(a), wholeNumbers(b));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(numbers));
    v128.store(to + at, numbers);
  }
  sums = i32x4.add(sums, i64x2.shuffle(sums, sums, 1, 0));
  const sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  store<f32>(to, largest / TOP, SCALE);
  store<i32>(to, sum * offset, SUM);
  return true;
}

/** Of numbers that are whole, and not large. */
function wholeNumbers(x: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i32x4.relaxed_trunc_f32x4_s(x) : i32x4.trunc_sat_f32x4_s(x);
}

/** What is added to a code in memory, or to twice one of bipolar weights, which is negative there, to make its number. */
export function offsetOf(bits: i32, codes: i32): i32 {
  return codes === BIPOLAR ? lastCode(bits) : -8;
}

/** Sums of whole numbers, times the scales of weights and inputs. */
function scaled(sums: v128, scales: v128, ofInputs: v128, before: v128): v128 {
  return multiplyAdd(f32x4.convert_i32x4_s(sums), f32x4.mul(scales, ofInputs), before);
}

/**
 * Six outputs. Sums are added to what begins at `start`.
 *
 * @typeParam T `i8` for whole numbers of 8 bits; `u8` for those of 4 bits, of which codes are summed, and eight times the
 *   inputs taken from that; `u16` for bipolar ones, of which twice the codes are
 */
function sixForOne<T>(
  c: i32,
  bits: i32,
  values: usize,
  x: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  const exponents = halfExponents(c);
  // V8 would build it anew at each use: see halves.ts.
  const nibble = i16x8.splat(<i16>((c >> 31) ^ 15));
  // Two times eight bipolar codes are read with the bytes before them, of other codes or of scales.
  const pair = <usize>(2 * bits);
  const places0 = codePlaces(bits, 16 - 2 * bits);
  const places1 = codePlaces(bits, 16 - bits);
  const masks = codeMasks(bits);
  const factors = codeFactors(bits);
  let first = f32x4.splat(-0.0);
  let last = first;
  for (let l = 0; l < c; l += SCALED) {
    const scales = widenedScales(v128.load16x4_s(values), mask, scale, exponents);
    // Twice the last two.
    const halves = i32x4.extend_low_i16x8_s(v128.load32_splat(values, 8));
    const lastScales = widenedScales(halves, mask, scale, exponents);
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
      if (sizeof<T>() === 2) {
        values += pair;
        const a = v128.load(values - 16);
        values += pair;
        const b = v128.load(values - 16);
        values += pair;
        const d = v128.load(values - 16);
        const a0 = negativeCodes(a, places0, masks, factors);
        const a1 = negativeCodes(a, places1, masks, factors);
        const b0 = negativeCodes(b, places0, masks, factors);
        const b1 = negativeCodes(b, places1, masks, factors);
        const d0 = negativeCodes(d, places0, masks, factors);
        const d1 = negativeCodes(d, places1, masks, factors);
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(a0, p));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(a1, i64x2.shuffle(p, q, 0, 2)));
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(b0, q));
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(b1, r));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(d0, i64x2.shuffle(r, s, 0, 2)));
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(d1, s));
      } else if (isSigned<T>()) {
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
      if (sizeof<T>() === 2) {
        sums = i32x4.add(sums, sums);
        others = i32x4.add(others, others);
      }
      sums = i32x4.add(sums, offset);
      others = i32x4.add(others, offset);
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
  bits: i32,
  values: usize,
  x: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  const exponents = halfExponents(c);
  // V8 would build it anew at each use: see halves.ts.
  const nibble = i16x8.splat(<i16>((c >> 31) ^ 15));
  // Two times eight bipolar codes are read with the bytes before them, of other codes or of scales.
  const pair = <usize>(2 * bits);
  const places0 = codePlaces(bits, 16 - 2 * bits);
  const places1 = codePlaces(bits, 16 - bits);
  const masks = codeMasks(bits);
  const factors = codeFactors(bits);
  let first = f32x4.splat(-0.0);
  for (let l = 0; l < c; l += SCALED) {
    const scales = widenedScales(v128.load16x4_s(values), mask, scale, exponents);
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
      if (sizeof<T>() === 2) {
        values += pair;
        const a = v128.load(values - 16);
        values += pair;
        const b = v128.load(values - 16);
        const a0 = negativeCodes(a, places0, masks, factors);
        const a1 = negativeCodes(a, places1, masks, factors);
        const b0 = negativeCodes(b, places0, masks, factors);
        const b1 = negativeCodes(b, places1, masks, factors);
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(a0, p));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(a1, q));
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(b0, r));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(b1, s));
      } else if (isSigned<T>()) {
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
    if (sizeof<T>() === 2) sums = i32x4.add(sums, sums);
    if (!isSigned<T>()) sums = i32x4.add(sums, v128.load32_splat(x, SUM));
    const ofInputs = v128.load32_splat(x, SCALE);
    first = scaled(sums, scales, ofInputs, first);
    x += INPUT_BYTES;
  }
  storeFour(first, y, yRow, start, startRow);
}

/** A group of four or six outputs, whose codes are whole numbers. */
export function multiplyRounded(
  size: i32,
  bits: i32,
  codes: i32,
  c: i32,
  values: usize,
  x: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): void {
  if (codes === BIPOLAR) {
    if (size === 6) sixForOne<u16>(c, bits, values, x, y, yRow, start, startRow);
    else fourForOne<u16>(c, bits, values, x, y, yRow, start, startRow);
  } else if (bits === 8) {
    if (size === 6) sixForOne<i8>(c, bits, values, x, y, yRow, start, startRow);
    else fourForOne<i8>(c, bits, values, x, y, yRow, start, startRow);
  } else if (size === 6) sixForOne<u8>(c, bits, values, x, y, yRow, start, startRow);
  else fourForOne<u8>(c, bits, values, x, y, yRow, start, startRow);
}
