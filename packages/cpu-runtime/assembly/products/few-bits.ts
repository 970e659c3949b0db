/**
 * Weights of few bits. A group of outputs has for every 32 inputs a scale of each output, in half precision or, of
 * floating-point codes, the first 16 bits of it in float32; then the codes `[inputs / 2, outputs, 2]` one after the other, each
 * in as many bits as it has. The last inputs of a block are filled up to eight, so that codes are whole bytes. Only those of 4
 * bits are in another order: see nibbles.ts.
 */
import { BIPOLAR } from "../kernel-options";
import { flippedBits, lastCode, numberOf, scaleFactor } from "./codes";
import { halfExponents, halfMask, halfScale, widenedScales } from "./halves";

/** Inputs that share a scale. */
export const SCALED: i32 = 32;

/** Bytes of the weights of an output. */
export function rowBytes(c: i32, bits: i32): i32 {
  return 2 * ((c + SCALED - 1) / SCALED) + ((c + 7) >> 3) * bits;
}

/** Bytes of the weights of an output for the inputs before `l`, a multiple of {@link SCALED}. */
export function bytesBefore(l: i32, bits: i32): i32 {
  return (l / SCALED) * (2 + (SCALED * bits) / 8);
}

/** The first bit of the code of input `l` of an output, from the first code of its scale on. */
function codeBit(l: i32, size: i32, output: i32, bits: i32): i32 {
  if (bits !== 4) return ((l & ~1) * size + 2 * output + (l & 1)) * bits;
  return ((l >> 3) * 4 * size + 4 * output + (l & 3)) * 8 + (l & 4);
}

/** The weight of output `output` of a group of `size` for input `l`. */
export function fewBitsWeight(
  group: usize,
  size: i32,
  output: i32,
  l: i32,
  bits: i32,
  codes: i32,
): f32 {
  const scales = group + <usize>(size * bytesBefore(l & ~(SCALED - 1), bits));
  const bit = codeBit(l & (SCALED - 1), size, output, bits);
  const byte = scales + <usize>(2 * size + (bit >> 3));
  let code = <i32>load<u8>(byte);
  // Nothing behind the last byte is read.
  if ((bit & 7) + bits > 8) code |= (<i32>load<u8>(byte, 1)) << 8;
  code = (code >> (bit & 7)) & lastCode(bits);
  const scale = <i32>load<i16>(scales + ((<usize>output) << 1));
  const factor = codes > BIPOLAR ? reinterpret<f32>(scale << 16) : ofHalf(scale);
  return numberOf(code, bits, codes) * factor;
}

/** Of bits in half precision, extended by their sign. */
function ofHalf(bits: i32): f32 {
  const halves = i32x4.splat(bits);
  const scales = widenedScales(halves, halfMask(0), halfScale(0), halfExponents(0));
  return f32x4.extract_lane(scales, 0);
}

/**
 * Packs `c` codes of an output, `step` bytes apart, and its scales, `scaleStep` bytes apart. Codes of two outputs may
 * share a byte: those of a group are packed by one thread.
 *
 * @param group the weights of its group of `size`
 */
export function packFewBits(
  c: i32,
  size: i32,
  output: i32,
  bits: i32,
  codes: i32,
  values: usize,
  step: usize,
  scales: usize,
  scaleStep: usize,
  group: usize,
): void {
  const flipped = flippedBits(bits, codes);
  for (let first = 0; first < c; first += SCALED) {
    const half = <i32>load<i16>(scales);
    // A power of two, which float32 holds as a normal number: products with others may take a hundred times as long.
    const scale =
      codes > BIPOLAR ? reinterpret<i32>(ofHalf(half) * scaleFactor(codes)) >> 16 : half;
    store<u16>(group + ((<usize>output) << 1), scale);
    scales += scaleStep;
    const start = group + <usize>(2 * size);
    const count = min(SCALED, c - first);
    const filled = (count + 7) & ~7;
    for (let l = 0; l < filled; l++) {
      // Anything fills up: it is multiplied by nothing.
      const code = l < count ? <i32>load<u8>(values) ^ flipped : 0;
      values += step;
      const bit = codeBit(l, size, output, bits);
      storeBits(start + <usize>(bit >> 3), bit & 7, bits, code);
    }
    group = start + <usize>((size * filled * bits) / 8);
  }
}

/** Writes so many bits from bit `first` of a byte on, and into the next one where they do not fit. */
function storeBits(byte: usize, first: i32, bits: i32, code: i32): void {
  const mask = lastCode(bits) << first;
  const placed = code << first;
  store<u8>(byte, (<i32>load<u8>(byte) & ~mask) | placed);
  if (mask > 0xff) store<u8>(byte, (<i32>load<u8>(byte, 1) & ~(mask >> 8)) | (placed >> 8), 1);
}
