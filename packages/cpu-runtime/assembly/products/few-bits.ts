/**
 * Weights of 8 or 4 bits. A group of outputs has for every 32 inputs a scale of each output, in half precision, then
 * the codes `[inputs / 2, outputs, 2]`, so that a pair of inputs is a word; the last inputs of a block are filled up to
 * eight. A code of 8 bits is a byte. Of 4 bits, those of eight inputs are as many bytes as those of four: the lower bits
 * are those of the first four inputs, the higher ones those of the last four; they are larger by 8 than what they
 * stand for.
 */
import { halfMask, halfScale, widened } from "./halves";

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
  const four = bits === 8 ? l >> 2 : l >> 3;
  return <usize>((four * 4 + (l & 2)) * size + 2 * output + (l & 1));
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

/** Writes the weights of `c` inputs of a group as float32, and of groups of four and six those of up to seven more. */
export function unpackFewBits(from: usize, to: usize, c: i32, size: i32, bits: i32): void {
  if (size < 4) {
    for (let l = 0; l < c; l++) {
      const group = from + <usize>(size * bytesBefore(l & ~(SCALED - 1), bits));
      for (let output = 0; output < size; output++) {
        store<f32>(to, fewBitsWeight(group, size, output, l & (SCALED - 1), bits));
        to += 4;
      }
    }
    return;
  }
  const mask = halfMask(c);
  const scale = halfScale(c);
  for (let first = 0; first < c; first += SCALED) {
    const low = widened(v128.load16x4_s(from), mask, scale);
    const high = size === 4 ? low : widened(v128.load16x4_s(from, 4), mask, scale);
    from += <usize>(2 * size);
    const end = min(c, first + SCALED);
    for (let l = first; l < end; l += 8) {
      const next = to + ((<usize>size) << 4);
      if (bits === 8) {
        unpackFour(from, to, size, 0, low, high);
        unpackFour(from + ((<usize>size) << 2), next, size, 0, low, high);
        from += (<usize>size) << 3;
      } else {
        unpackFour(from, to, size, 1, low, high);
        unpackFour(from, next, size, 2, low, high);
        from += (<usize>size) << 2;
      }
      to += (<usize>size) << 5;
    }
  }
}

/** Eight codes: bytes, the lower halves of bytes (1) or the higher ones (2). */
function eightCodes(from: usize, part: i32): v128 {
  if (part === 0) return v128.load8x8_s(from);
  const both = v128.load8x8_u(from);
  const codes = part === 1 ? v128.and(both, i16x8.splat(15)) : i16x8.shr_u(both, 4);
  return i16x8.sub(codes, i16x8.splat(8));
}

/** The first of each pair of inputs. */
function firstNumbers(codes: v128, scales: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(codes, 16), 16)), scales);
}

function secondNumbers(codes: v128, scales: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(codes, 16)), scales);
}

/** The weights of four inputs. */
function unpackFour(from: usize, to: usize, size: i32, part: i32, low: v128, high: v128): void {
  const a = eightCodes(from, part);
  const b = eightCodes(from + 8, part);
  if (size === 4) {
    v128.store(to, firstNumbers(a, low));
    v128.store(to, secondNumbers(a, low), 16);
    v128.store(to, firstNumbers(b, low), 32);
    v128.store(to, secondNumbers(b, low), 48);
    return;
  }
  // Outputs 4 and 5 of the first two inputs, and 0 and 1 of the others.
  const both = i64x2.shuffle(high, low, 1, 2);
  const d = eightCodes(from + 16, part);
  const first = firstNumbers(b, both);
  const second = secondNumbers(b, both);
  v128.store(to, firstNumbers(a, low));
  v128.store64_lane(to, first, 0, 16);
  v128.store(to, secondNumbers(a, low), 24);
  v128.store64_lane(to, second, 0, 40);
  v128.store64_lane(to, first, 1, 48);
  v128.store(to, firstNumbers(d, high), 56);
  v128.store64_lane(to, second, 1, 72);
  v128.store(to, secondNumbers(d, high), 80);
}
