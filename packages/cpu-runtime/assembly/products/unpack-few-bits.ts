/** Weights of few bits as float32: a group of outputs at a time, into scratch memory. */
import { BIPOLAR, E4M3 } from "../kernel-options";
import {
  codeFactors,
  codeMasks,
  codePlaces,
  firstFloats,
  floatMask,
  floatScale,
  lastCode,
  negativeCodes,
  secondFloats,
} from "./codes";
import { bytesBefore, fewBitsWeight, SCALED } from "./few-bits";
import { halfExponents, halfMask, halfScale, widenedScales } from "./halves";
import { unpackNibbles } from "./nibbles";

/** Writes the weights of `c` inputs of a group as float32, and of groups of four and six those of up to seven more. */
export function unpackFewBits(
  from: usize,
  to: usize,
  c: i32,
  size: i32,
  bits: i32,
  codes: i32,
): void {
  if (size < 4) {
    for (let l = 0; l < c; l++) {
      const group = from + <usize>(size * bytesBefore(l & ~(SCALED - 1), bits));
      for (let output = 0; output < size; output++) {
        store<f32>(to, fewBitsWeight(group, size, output, l & (SCALED - 1), bits, codes));
        to += 4;
      }
    }
  } else if (codes === BIPOLAR) unpackGroup<u16>(from, to, c, size, bits);
  else if (codes === E4M3) unpackGroup<f32>(from, to, c, size, bits);
  else if (codes > E4M3) unpackGroup<f64>(from, to, c, size, bits);
  else if (bits === 8) unpackGroup<i8>(from, to, c, size, bits);
  else unpackNibbles(from, to, c, size);
}

/**
 * A group of four or six.
 *
 * @typeParam T `i8` for whole numbers of eight bits, `u16` for bipolar ones; `f32` for E4M3, `f64` for E5M2
 */
function unpackGroup<T>(from: usize, to: usize, c: i32, size: i32, bits: i32): void {
  const mask = halfMask(c);
  const scale = halfScale(c);
  const exponents = halfExponents(c);
  const isBipolar = sizeof<T>() === 2;
  // Of eight codes the bytes end with theirs: those before are of others, or of scales.
  const before: usize = isBipolar ? <usize>(8 - bits) : 0;
  const step: usize = isBipolar ? <usize>bits : 8;
  const half = (step * <usize>size) >> 1;
  const tables = tableOf<T>(c, bits, 0);
  const masks = tableOf<T>(c, bits, 1);
  const factors = tableOf<T>(c, bits, 2);
  const last = i16x8.splat(<i16>lastCode(bits));
  for (let first = 0; first < c; first += SCALED) {
    const low = scalesOf<T>(v128.load16x4_s(from), mask, scale, exponents);
    const high = size === 4 ? low : scalesOf<T>(v128.load16x4_s(from, 4), mask, scale, exponents);
    from += <usize>(2 * size);
    const end = min(c, first + SCALED);
    for (let l = first; l < end; l += 8) {
      for (let part = 0; part < 2; part++) {
        const at = from - before;
        const a = eightLanes<T>(at, tables, masks, factors, last);
        const b = eightLanes<T>(at + step, tables, masks, factors, last);
        if (size === 4) {
          v128.store(to, firstNumbers<T>(a, low, masks, factors));
          v128.store(to, secondNumbers<T>(a, low, masks, factors), 16);
          v128.store(to, firstNumbers<T>(b, low, masks, factors), 32);
          v128.store(to, secondNumbers<T>(b, low, masks, factors), 48);
        } else {
          // Outputs 4 and 5 of the first two inputs, and 0 and 1 of the others.
          const both = i64x2.shuffle(high, low, 1, 2);
          const d = eightLanes<T>(at + 2 * step, tables, masks, factors, last);
          const early = firstNumbers<T>(b, both, masks, factors);
          const late = secondNumbers<T>(b, both, masks, factors);
          v128.store(to, firstNumbers<T>(a, low, masks, factors));
          v128.store64_lane(to, early, 0, 16);
          v128.store(to, secondNumbers<T>(a, low, masks, factors), 24);
          v128.store64_lane(to, late, 0, 40);
          v128.store64_lane(to, early, 1, 48);
          v128.store(to, firstNumbers<T>(d, high, masks, factors), 56);
          v128.store64_lane(to, late, 1, 72);
          v128.store(to, secondNumbers<T>(d, high, masks, factors), 80);
        }
        from += half;
        to += (<usize>size) << 4;
      }
    }
  }
}

/**
 * Of bipolar codes their places (0), masks (1) and factors (2); of floating-point ones the bits of a number (1) and its
 * scale (2). As in halves.ts, they stay in registers.
 */
function tableOf<T>(count: i32, bits: i32, which: i32): v128 {
  if (isFloat<T>()) return which === 1 ? floatMask<T>(count) : floatScale<T>(count);
  if (sizeof<T>() !== 2) return i32x4.splat(0);
  return which === 0
    ? codePlaces(bits, 8 - bits)
    : which === 1
      ? codeMasks(bits)
      : codeFactors(bits);
}

/** Four scales. */
function scalesOf<T>(bits: v128, mask: v128, scale: v128, exponents: v128): v128 {
  return isFloat<T>() ? i32x4.shl(bits, 16) : widenedScales(bits, mask, scale, exponents);
}

/** Eight codes in lanes of 16 bits: whole numbers, or floating-point codes whose sign is repeated before them. */
function eightLanes<T>(from: usize, places: v128, masks: v128, factors: v128, last: v128): v128 {
  if (sizeof<T>() === 2) {
    const codes = negativeCodes(v128.load64_zero(from), places, masks, factors);
    return i16x8.add(i16x8.add(codes, codes), last);
  }
  return v128.load8x8_s(from);
}

/** The first of each pair of inputs. */
function firstNumbers<T>(lanes: v128, scales: v128, mask: v128, scale: v128): v128 {
  if (isFloat<T>()) return f32x4.mul(firstFloats<T>(lanes, mask, scale), scales);
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(lanes, 16), 16)), scales);
}

function secondNumbers<T>(lanes: v128, scales: v128, mask: v128, scale: v128): v128 {
  if (isFloat<T>()) return f32x4.mul(secondFloats<T>(lanes, mask, scale), scales);
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_s(lanes, 16)), scales);
}
