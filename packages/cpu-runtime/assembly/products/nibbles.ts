/**
 * Weights of 4 bits. A group of outputs has for every eight inputs `[outputs, 4]` bytes: the lower bits of a byte are the
 * code of one of the first four inputs, the higher ones that of one of the last four. Codes are larger by 8 than what they
 * stand for.
 *
 * One vector is rounded to 8 bits, 32 inputs to a scale, and multiplied by the codes as whole numbers: an output is so
 * accurate to 2^-8 of the largest of each 32 inputs, times the magnitudes of their weights, which are off by more.
 */
import { SCALED } from "./few-bits";
import { halfExponents, halfMask, halfScale, widenedScales } from "./halves";
import { BYTES_BYTES, BYTES_SCALE, BYTES_SUM, scaled } from "./round-inputs";
import { storeFour, storeTwo } from "./single-vector";

/** Adds the products of four outputs with four inputs each: those of the inputs, twice or four times, by codes. */
function addProducts(inputs: v128, codes: v128, sums: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    // Codes are below 128, so that engines do not differ.
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(inputs, codes, sums);
  }
  const low = i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_low_i8x16_s(inputs, codes));
  const high = i32x4.extadd_pairwise_i16x8_s(i16x8.extmul_high_i8x16_s(inputs, codes));
  const products = i32x4.add(
    i32x4.shuffle(low, high, 0, 2, 4, 6),
    i32x4.shuffle(low, high, 1, 3, 5, 7),
  );
  return i32x4.add(sums, products);
}

/** Six outputs. Sums are added to what begins at `start`. */
export function sixByNibbles(
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
  const exponents = halfExponents(c);
  // V8 would build it anew at each use: see halves.ts.
  const nibble = i8x16.splat(<i8>((c >> 31) ^ 15));
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
    const end = x + ((<usize>min(SCALED, c - l) + 7) & ~7);
    for (; inputs + 8 < end; inputs += 16) {
      const p = v128.load32_splat(inputs);
      const q = v128.load32_splat(inputs, 4);
      const r = v128.load32_splat(inputs, 8);
      const s = v128.load32_splat(inputs, 12);
      const a = v128.load(values);
      const b = v128.load(values, 16);
      const d = v128.load(values, 32);
      sum0 = addProducts(p, v128.and(a, nibble), sum0);
      sum1 = addProducts(i64x2.shuffle(p, r, 0, 2), v128.and(b, nibble), sum1);
      sum2 = addProducts(r, v128.and(d, nibble), sum2);
      sum0 = addProducts(q, v128.and(i16x8.shr_u(a, 4), nibble), sum0);
      sum1 = addProducts(i64x2.shuffle(q, s, 0, 2), v128.and(i16x8.shr_u(b, 4), nibble), sum1);
      sum2 = addProducts(s, v128.and(i16x8.shr_u(d, 4), nibble), sum2);
      values += 48;
    }
    if (inputs < end) {
      const p = v128.load32_splat(inputs);
      const q = v128.load32_splat(inputs, 4);
      const a = v128.load(values);
      const b = v128.load64_zero(values, 16);
      sum0 = addProducts(p, v128.and(a, nibble), sum0);
      sum1 = addProducts(p, v128.and(b, nibble), sum1);
      sum0 = addProducts(q, v128.and(i16x8.shr_u(a, 4), nibble), sum0);
      sum1 = addProducts(q, v128.and(i16x8.shr_u(b, 4), nibble), sum1);
      values += 24;
    }
    const offset = v128.load32_splat(x, BYTES_SUM);
    const sums = i32x4.add(i32x4.add(sum0, offset), i64x2.shuffle(sum1, sum2, 1, 2));
    const others = i32x4.add(i32x4.add(sum1, offset), i64x2.shuffle(sum2, sum2, 1, 0));
    const ofInputs = v128.load32_splat(x, BYTES_SCALE);
    first = scaled(sums, scales, ofInputs, first);
    last = scaled(others, lastScales, ofInputs, last);
    x += BYTES_BYTES;
  }
  storeFour(first, y, yRow, start, startRow);
  storeTwo(last, y + 4 * yRow, yRow, start + 4 * startRow, startRow);
}

/** Four outputs; as {@link sixByNibbles} has six. */
export function fourByNibbles(
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
  const exponents = halfExponents(c);
  const nibble = i8x16.splat(<i8>((c >> 31) ^ 15));
  let first = f32x4.splat(-0.0);
  for (let l = 0; l < c; l += SCALED) {
    const scales = widenedScales(v128.load16x4_s(values), mask, scale, exponents);
    values += 8;
    let sum0 = v128.load32_splat(x, BYTES_SUM);
    let sum1 = i32x4.splat(0);
    let inputs = x;
    const end = x + ((<usize>min(SCALED, c - l) + 7) & ~7);
    for (; inputs < end; inputs += 8) {
      const a = v128.load(values);
      sum0 = addProducts(v128.load32_splat(inputs), v128.and(a, nibble), sum0);
      const high = v128.and(i16x8.shr_u(a, 4), nibble);
      sum1 = addProducts(v128.load32_splat(inputs, 4), high, sum1);
      values += 16;
    }
    const ofInputs = v128.load32_splat(x, BYTES_SCALE);
    first = scaled(i32x4.add(sum0, sum1), scales, ofInputs, first);
    x += BYTES_BYTES;
  }
  storeFour(first, y, yRow, start, startRow);
}

/** Writes the weights of `c` inputs of a group of four or six as float32, and those of up to seven more. */
export function unpackNibbles(from: usize, to: usize, c: i32, size: i32): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  const exponents = halfExponents(c);
  const row = (<usize>size) << 2;
  for (let first = 0; first < c; first += SCALED) {
    const low = widenedScales(v128.load16x4_s(from), mask, scale, exponents);
    let high = low;
    if (size === 6) {
      const halves = i32x4.extend_low_i16x8_s(v128.load32_splat(from, 8));
      high = widenedScales(halves, mask, scale, exponents);
    }
    from += <usize>(2 * size);
    const end = min(c, first + SCALED);
    for (let l = first; l < end; l += 8) {
      unpackOutputs(v128.load(from), to, row, low, false);
      if (size === 6) unpackOutputs(v128.load64_zero(from, 16), to + 16, row, high, true);
      from += row;
      to += 8 * row;
    }
  }
}

/** Four outputs, or two, of eight inputs, a row of a group apart. */
function unpackOutputs(bytes: v128, to: usize, row: usize, scales: v128, isTwo: bool): void {
  // The higher bits of each byte, less 8: other bits are shifted away.
  const sign = i8x16.splat(-128);
  unpackFour(v128.xor(i16x8.shl(bytes, 4), sign), to, row, scales, isTwo);
  unpackFour(v128.xor(bytes, sign), to + 4 * row, row, scales, isTwo);
}

function unpackFour(codes: v128, to: usize, row: usize, scales: v128, isTwo: bool): void {
  storeWeights(i32x4.shl(codes, 24), to, scales, isTwo);
  storeWeights(i32x4.shl(codes, 16), to + row, scales, isTwo);
  storeWeights(i32x4.shl(codes, 8), to + 2 * row, scales, isTwo);
  storeWeights(codes, to + 3 * row, scales, isTwo);
}

/** Weights whose codes are the highest bits of lanes. */
function storeWeights(lanes: v128, to: usize, scales: v128, isTwo: bool): void {
  const weights = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(lanes, 28)), scales);
  if (isTwo) v128.store64_lane(to, weights, 0);
  else v128.store(to, weights);
}
