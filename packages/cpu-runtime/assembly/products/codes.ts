/**
 * Codes of few bits, and the numbers that they stand for. In memory, a code of eight bits that is a whole number is that
 * number; of four bits it is larger by 8; bipolar ones of k bits are the code from 2^k - 1 down, so that the number is
 * 2^k - 1 less twice what is stored. Floating-point codes are as they are, but stand for fractions of 1, so that no sum
 * becomes infinite before it is scaled.
 */
import { BIPOLAR, E4M3, WHOLE } from "../kernel-options";

/**
 * 2^111 and 2^96: the differences of the biases of floating-point numbers of eight bits and of float32, 120 and 112, less
 * the {@link mostExponent} of the numbers.
 */
const E4M3_SCALE: i32 = 0x77000000;
const E5M2_SCALE: i32 = 0x6f800000;

/** All floating-point numbers are below 2 to this power. */
function mostExponent(codes: i32): i32 {
  return codes === E4M3 ? 9 : 16;
}

/** By what scales of floating-point codes are larger in memory. */
export function scaleFactor(codes: i32): f32 {
  return <f32>(1 << mostExponent(codes));
}

/** The bits in which a code in memory differs from one of a file. */
export function flippedBits(bits: i32, codes: i32): i32 {
  if (codes === BIPOLAR) return lastCode(bits);
  return codes === WHOLE && bits === 8 ? 128 : 0;
}

/** Of so many bits. */
export function lastCode(bits: i32): i32 {
  return (1 << bits) - 1;
}

/** The number that a code in memory stands for. */
export function numberOf(code: i32, bits: i32, codes: i32): f32 {
  if (codes === BIPOLAR) return <f32>(lastCode(bits) - 2 * code);
  const signed = (code << 24) >> 24;
  if (codes === WHOLE) return <f32>(bits === 8 ? signed : code - 8);
  // Exponent and fraction are moved to their place, and scaled, which makes normal numbers of subnormal ones too.
  if (codes === E4M3) {
    return reinterpret<f32>((signed << 20) & 0x87ffffff) * reinterpret<f32>(E4M3_SCALE);
  }
  return reinterpret<f32>((signed << 21) & 0x8fffffff) * reinterpret<f32>(E5M2_SCALE);
}

/*
 * Bipolar codes: eight of k bits are k bytes. Each lies within two bytes, which are brought into a lane of 16 bits; all but
 * its own bits are taken away, and what is left, the code times 2^s, is multiplied by -2^(15 - s) / 2^15, which is exact.
 * What these three steps need is made of numbers that the compiler does not know, and stays in registers.
 */

/** The first bit of each of eight codes. */
function firstBits(bits: i32): v128 {
  return i16x8.mul(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>bits));
}

/** Where the bytes of the lanes are, of codes that begin with byte `start` of a vector. */
export function codePlaces(bits: i32, start: i32): v128 {
  const first = i16x8.add(i16x8.shr_u(firstBits(bits), 3), i16x8.splat(<i16>start));
  return i16x8.add(i16x8.mul(first, i16x8.splat(257)), i16x8.splat(256));
}

/** A byte of a table for each lane, by the bits before its code. */
function byShift(table: v128, bits: i32): v128 {
  const shifts = v128.and(firstBits(bits), i16x8.splat(7));
  // There is nothing at 255.
  return i8x16.swizzle(table, v128.or(shifts, i16x8.splat(-256)));
}

/** The bits of the codes in their lanes. */
export function codeMasks(bits: i32): v128 {
  const table = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  return i16x8.mul(byShift(table, bits), i16x8.splat(<i16>lastCode(bits)));
}

export function codeFactors(bits: i32): v128 {
  const table = i8x16(-128, 64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  return i16x8.mul(byShift(table, bits), i16x8.splat(-256));
}

/** Eight codes, each times -1. */
export function negativeCodes(bytes: v128, places: v128, masks: v128, factors: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const lanes = i8x16.relaxed_swizzle(bytes, places);
    return i16x8.relaxed_q15mulr_s(v128.and(lanes, masks), factors);
  }
  return i16x8.q15mulr_sat_s(v128.and(i8x16.swizzle(bytes, places), masks), factors);
}

/*
 * Floating-point codes: eight are extended by their sign to 16 bits, two inputs of an output side by side. Exponent and
 * fraction are moved to their place in float32, and scaled by a power of two. The type parameter `T` is `f32` for E4M3 and
 * `f64` for E5M2.
 */

/** The bits of a number in its place. As in halves.ts, `count` is anything that is not negative. */
export function floatMask<T>(count: i32): v128 {
  return i32x4.splat((count >> 31) ^ (sizeof<T>() === 4 ? 0x87f00000 : 0x8fe00000));
}

export function floatScale<T>(count: i32): v128 {
  return i32x4.splat((count >> 31) ^ (sizeof<T>() === 4 ? E4M3_SCALE : E5M2_SCALE));
}

/** The first of each two. */
export function firstFloats<T>(codes: v128, mask: v128, scale: v128): v128 {
  const bits = i32x4.shl(codes, sizeof<T>() === 4 ? 20 : 21);
  return f32x4.mul(v128.and(bits, mask), scale);
}

/** The second. */
export function secondFloats<T>(codes: v128, mask: v128, scale: v128): v128 {
  const bits = i32x4.shl(codes, sizeof<T>() === 4 ? 4 : 5);
  return f32x4.mul(v128.and(bits, mask), scale);
}
