/**
 * Weights of 8 or 4 bits. A group of outputs has for every 32 inputs a scale of each output, in half precision, then
 * the codes `[inputs, outputs]`; the last inputs of a block are filled up to eight. A code of 8 bits is a byte. Of 4
 * bits, those of eight inputs are as many bytes as those of four: the lower bits are those of the first four inputs, the
 * higher ones those of the last four; they are larger by 8 than what they stand for.
 */
import { multiplyAdd } from "../vector-math";
import { halfMask, halfScale, widened } from "./halves";
import { sixForOne, storeSix } from "./single-vector";

/** Inputs that share a scale. */
export const SCALED: i32 = 32;

/** Bytes of the weights of an output. */
export function rowBytes(c: i32, bits: i32): i32 {
  return 2 * ((c + SCALED - 1) / SCALED) + (((c + 7) & ~7) * bits) / 8;
}

/** Bytes of the weights of an output for the inputs before `l`, a multiple of {@link SCALED}. */
export function bytesBefore(l: i32, bits: i32): i32 {
  return (l / SCALED) * (2 + (SCALED * bits) / 8);
}

/** Where the code of input `l` of an output is, from the first code of its scale on. */
function codeByte(l: i32, size: i32, output: i32, bits: i32): usize {
  return bits === 8
    ? <usize>(l * size + output)
    : <usize>(((l >> 3) * 4 + (l & 3)) * size + output);
}

/** The weight of output `output` of a group of `size` for input `l`. */
export function fewBitsWeight(group: usize, size: i32, output: i32, l: i32, bits: i32): f32 {
  const scales = group + <usize>(size * bytesBefore(l & ~(SCALED - 1), bits));
  const within = l & (SCALED - 1);
  const byte = <i32>load<u8>(scales + <usize>(2 * size) + codeByte(within, size, output, bits));
  const number = bits === 8 ? (byte << 24) >> 24 : ((byte >> (within & 4)) & 15) - 8;
  const half = i32x4.splat(<i32>load<i16>(scales + ((<usize>output) << 1)));
  return <f32>number * f32x4.extract_lane(widened(half, halfMask(0), halfScale(0)), 0);
}

/**
 * Packs `c` numbers of an output, `step` bytes apart, and its scales, `scaleStep` bytes apart.
 *
 * @param group the weights of its group of `size`
 */
export function packFewBits(
  c: i32,
  size: i32,
  output: i32,
  bits: i32,
  values: usize,
  step: usize,
  scales: usize,
  scaleStep: usize,
  group: usize,
): void {
  for (let first = 0; first < c; first += SCALED) {
    store<u16>(group + ((<usize>output) << 1), load<u16>(scales));
    scales += scaleStep;
    const codes = group + <usize>(2 * size);
    const count = min(SCALED, c - first);
    const filled = (count + 7) & ~7;
    for (let l = 0; l < filled; l++) {
      const number = l < count ? <i32>load<f32>(values) : 0;
      values += step;
      const to = codes + codeByte(l, size, output, bits);
      if (bits === 8) store<u8>(to, number);
      else if ((l & 4) === 0) store<u8>(to, number + 8);
      else store<u8>(to, <i32>load<u8>(to) | ((number + 8) << 4));
    }
    group = codes + <usize>((size * filled * bits) / 8);
  }
}

/** Writes the weights of `c` inputs of a group, and up to seven more, as float32. */
export function unpackFewBits(from: usize, to: usize, c: i32, size: i32, bits: i32): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  for (let first = 0; first < c; first += SCALED) {
    // The scales of the first four codes, and of the next ones, which are those of other outputs in a group of six.
    let scales0 = widened(v128.load16x4_s(from), mask, scale);
    let scales1 = scales0;
    let scales2 = scales0;
    if (size === 6) {
      scales2 = widened(v128.load16x4_s(from, 4), mask, scale);
      scales1 = i64x2.shuffle(scales2, scales0, 1, 2);
    } else if (size < 4) {
      scales0 =
        size === 2
          ? i64x2.splat(i64x2.extract_lane(scales0, 0))
          : i32x4.shuffle(scales0, scales0, 0, 0, 0, 0);
      scales1 = scales0;
      scales2 = scales0;
    }
    from += <usize>(2 * size);
    const end = min(c, first + SCALED);
    for (let l = first; l < end; l += 8) {
      for (let part = 0; part < size; part++) {
        const at = part % 3;
        const scales = at === 0 ? scales0 : at === 1 ? scales1 : scales2;
        const target = to + ((<usize>part) << 4);
        let codes = i16x8.splat(0);
        let others = codes;
        if (bits === 8) {
          codes = i16x8.extend_low_i8x16_s(v128.load32_zero(from));
          others = i16x8.extend_low_i8x16_s(v128.load32_zero(from + <usize>(4 * size)));
        } else {
          const both = i16x8.extend_low_i8x16_u(v128.load32_zero(from));
          codes = i16x8.sub(v128.and(both, i16x8.splat(15)), i16x8.splat(8));
          others = i16x8.sub(i16x8.shr_u(both, 4), i16x8.splat(8));
        }
        // A group of six has as many fours as two inputs have, twice: the next ones begin with the same scales.
        const next = (part + size) % 3;
        const nextScales = next === 0 ? scales0 : next === 1 ? scales1 : scales2;
        v128.store(target, f32x4.mul(lowNumbers(codes), scales));
        v128.store(target + ((<usize>size) << 4), f32x4.mul(lowNumbers(others), nextScales));
        from += 4;
      }
      if (bits === 8) from += <usize>(4 * size);
      to += (<usize>size) << 5;
    }
  }
}

function lowNumbers(codes: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(codes));
}

function highNumbers(codes: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(codes));
}

/**
 * Six outputs for one vector, as `sixForOne`: sums of 32 inputs are multiplied by their scales.
 *
 * @param scratch where the last inputs, fewer than eight, are unpacked
 */
export function sixFewBitsForOne(
  bits: i32,
  c: i32,
  values: usize,
  x: usize,
  xRow: usize,
  y: usize,
  yRow: usize,
  start: usize,
  startRow: usize,
  scratch: usize,
): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  const whole = c & ~7;
  let low = f32x4.splat(-0.0);
  let both = low;
  let high = low;
  // V8 would build constants anew at each use: see halves.ts.
  const nibble = i16x8.splat(<i16>((c >> 31) ^ 15));
  const eight = i16x8.splat(<i16>((c >> 31) ^ 8));
  for (let first = 0; first < whole; first += SCALED) {
    const scales0 = widened(v128.load16x4_s(values), mask, scale);
    const scales2 = widened(v128.load16x4_s(values, 4), mask, scale);
    const scales1 = i64x2.shuffle(scales2, scales0, 1, 2);
    values += 12;
    let low0 = f32x4.splat(-0.0);
    let both0 = low0;
    let high0 = low0;
    let low1 = low0;
    let both1 = low0;
    let high1 = low0;
    const end = min(whole, first + SCALED);
    for (let l = first; l < end; l += 8) {
      let a = v128.load8x8_s(values);
      let b = v128.load8x8_s(values, 8);
      let d = v128.load8x8_s(values, 16);
      let e = a;
      let f = b;
      let g = d;
      if (bits === 8) {
        e = v128.load8x8_s(values, 24);
        f = v128.load8x8_s(values, 32);
        g = v128.load8x8_s(values, 40);
        values += 48;
      } else {
        // The sign went into the higher byte, of which no bit stays.
        e = i16x8.sub(v128.and(i16x8.shr_u(a, 4), nibble), eight);
        f = i16x8.sub(v128.and(i16x8.shr_u(b, 4), nibble), eight);
        g = i16x8.sub(v128.and(i16x8.shr_u(d, 4), nibble), eight);
        a = i16x8.sub(v128.and(a, nibble), eight);
        b = i16x8.sub(v128.and(b, nibble), eight);
        d = i16x8.sub(v128.and(d, nibble), eight);
        values += 24;
      }
      let p = v128.load32_splat(x);
      let q = v128.load32_splat(x + xRow);
      x += 2 * xRow;
      low0 = multiplyAdd(lowNumbers(a), p, low0);
      both0 = multiplyAdd(highNumbers(a), i64x2.shuffle(p, q, 0, 2), both0);
      high0 = multiplyAdd(lowNumbers(b), q, high0);
      p = v128.load32_splat(x);
      q = v128.load32_splat(x + xRow);
      x += 2 * xRow;
      low1 = multiplyAdd(highNumbers(b), p, low1);
      both1 = multiplyAdd(lowNumbers(d), i64x2.shuffle(p, q, 0, 2), both1);
      high1 = multiplyAdd(highNumbers(d), q, high1);
      p = v128.load32_splat(x);
      q = v128.load32_splat(x + xRow);
      x += 2 * xRow;
      low0 = multiplyAdd(lowNumbers(e), p, low0);
      both0 = multiplyAdd(highNumbers(e), i64x2.shuffle(p, q, 0, 2), both0);
      high0 = multiplyAdd(lowNumbers(f), q, high0);
      p = v128.load32_splat(x);
      q = v128.load32_splat(x + xRow);
      x += 2 * xRow;
      low1 = multiplyAdd(highNumbers(f), p, low1);
      both1 = multiplyAdd(lowNumbers(g), i64x2.shuffle(p, q, 0, 2), both1);
      high1 = multiplyAdd(highNumbers(g), q, high1);
    }
    low = multiplyAdd(f32x4.add(low0, low1), scales0, low);
    both = multiplyAdd(f32x4.add(both0, both1), scales1, both);
    high = multiplyAdd(f32x4.add(high0, high1), scales2, high);
  }
  if (whole > 0) {
    storeSix(low, both, high, y, yRow, start, startRow);
    if (whole === c) return;
    start = y;
    startRow = yRow;
  }
  unpackRest(values, scratch, c, whole, bits);
  sixForOne(c - whole, scratch, x, xRow, y, yRow, start, startRow);
}

/** The inputs from `whole` on, of a group of six, whose codes begin at `values` where others share their scale. */
function unpackRest(values: usize, to: usize, c: i32, whole: i32, bits: i32): void {
  const shared = whole & (SCALED - 1);
  if (shared === 0) {
    unpackFewBits(values, to, c - whole, 6, bits);
    return;
  }
  const group = values - <usize>(12 + (6 * shared * bits) / 8);
  for (let l = shared; l < shared + c - whole; l++) {
    for (let output = 0; output < 6; output++) {
      store<f32>(to, fewBitsWeight(group, 6, output, l, bits));
      to += 4;
    }
  }
}
