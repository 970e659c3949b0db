/**
 * One vector by weights of few bits: its numbers are rounded to 16 bits, or to 8 for weights of 4 bits, 32 of them to a scale,
 * and multiplied by the codes as whole numbers. Sums of 32 products are exact, and those of their multiples in float32. An
 * output is so accurate to 2^-16, or 2^-8, of the largest of each 32 inputs, times the magnitudes of their weights.
 */
import { BIPOLAR } from "../kernel-options";
import { codeFactors, codeMasks, codePlaces, negativeCodes } from "./codes";
import { rowBytes, SCALED } from "./few-bits";
import { groupSize } from "./group";
import { halfExponents, halfMask, halfScale, widenedScales } from "./halves";
import { fourByNibbles, sixByNibbles } from "./nibbles";
import { scaled, WORDS_BYTES, WORDS_SCALE, WORDS_SUM } from "./round-inputs";
import { storeFour, storeTwo } from "./single-vector";

/**
 * Six outputs. Sums are added to what begins at `start`.
 *
 * @typeParam T `i8` for whole numbers of 8 bits; `u16` for bipolar ones, of which codes are summed
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
  places0: v128,
  places1: v128,
  masks: v128,
  factors: v128,
): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  const exponents = halfExponents(c);
  const pair = <usize>(2 * bits);
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
      } else {
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
      }
    }
    let sums = i32x4.add(sum0, i64x2.shuffle(sum1, sum2, 1, 2));
    let others = i32x4.add(sum1, i64x2.shuffle(sum2, sum2, 1, 0));
    if (sizeof<T>() === 2) {
      const offset = v128.load32_splat(x, WORDS_SUM);
      sums = i32x4.add(i32x4.add(sums, sums), offset);
      others = i32x4.add(i32x4.add(others, others), offset);
    }
    const ofInputs = v128.load32_splat(x, WORDS_SCALE);
    first = scaled(sums, scales, ofInputs, first);
    last = scaled(others, lastScales, ofInputs, last);
    x += WORDS_BYTES;
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
  places0: v128,
  places1: v128,
  masks: v128,
  factors: v128,
): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  const exponents = halfExponents(c);
  const pair = <usize>(2 * bits);
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
      } else {
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load8x8_s(values), p));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load8x8_s(values, 8), q));
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load8x8_s(values, 16), r));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load8x8_s(values, 24), s));
        values += 32;
      }
    }
    let sums = i32x4.add(sum0, sum1);
    if (sizeof<T>() === 2) sums = i32x4.add(i32x4.add(sums, sums), v128.load32_splat(x, WORDS_SUM));
    const ofInputs = v128.load32_splat(x, WORDS_SCALE);
    first = scaled(sums, scales, ofInputs, first);
    x += WORDS_BYTES;
  }
  storeFour(first, y, yRow, start, startRow);
}

/**
 * Groups of four and six from output `j` of a block on, whose codes are whole numbers.
 *
 * @param end outputs of the block that are computed
 * @param sixes its outputs in groups of six
 * @param values of the block
 * @param x what {@link roundInputs} wrote
 * @param y of the first output of the block, as `start` is
 * @returns the first output of those that are in smaller groups, or `end`
 */
export function multiplyRounded(
  j: i32,
  end: i32,
  b: i32,
  sixes: i32,
  bits: i32,
  codes: i32,
  c: i32,
  values: usize,
  x: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): i32 {
  if (codes === BIPOLAR) {
    return groupsForOne<u16>(j, end, b, sixes, bits, c, values, x, y, yRow, start, startRow);
  }
  if (bits === 8) {
    return groupsForOne<i8>(j, end, b, sixes, bits, c, values, x, y, yRow, start, startRow);
  }
  return groupsForOne<u8>(j, end, b, sixes, bits, c, values, x, y, yRow, start, startRow);
}

/** @typeParam T as {@link sixForOne} has it, and `u8` for weights of 4 bits */
function groupsForOne<T>(
  j: i32,
  end: i32,
  b: i32,
  sixes: i32,
  bits: i32,
  c: i32,
  values: usize,
  x: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
): i32 {
  const ofOutput = rowBytes(c, bits);
  let places0 = i32x4.splat(0);
  let places1 = places0;
  let masks = places0;
  let factors = places0;
  if (sizeof<T>() === 2) {
    // Two times eight bipolar codes are read with the bytes before them, of other codes or of scales.
    places0 = codePlaces(bits, 16 - 2 * bits);
    places1 = codePlaces(bits, 16 - bits);
    masks = codeMasks(bits);
    factors = codeFactors(bits);
  }
  while (j < end) {
    const size = groupSize(b, sixes, j);
    if (size < 4) break;
    const weights = values + <usize>(j * ofOutput);
    const to = y + <usize>j * yRow;
    const from = start + <usize>j * startRow;
    if (sizeof<T>() === 1 && !isSigned<T>()) {
      if (size === 6) sixByNibbles(c, weights, x, to, yRow, from, startRow);
      else fourByNibbles(c, weights, x, to, yRow, from, startRow);
    } else if (size === 6) {
      sixForOne<T>(c, bits, weights, x, to, yRow, from, startRow, places0, places1, masks, factors);
    } else {
      fourForOne<T>(
        c,
        bits,
        weights,
        x,
        to,
        yRow,
        from,
        startRow,
        places0,
        places1,
        masks,
        factors,
      );
    }
    j += size;
  }
  return j;
}
