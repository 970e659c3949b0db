/**
 * Weights in half precision, all of them finite, as float32. V8 would build a constant anew at each use, in the
 * innermost loop too: these are made of a number that it does not know, and stay in registers.
 */

/** @param count of anything, at least 0 */
export function halfMask(count: i32): v128 {
  return i32x4.splat((count >> 31) ^ 0x8fffffff);
}

/** 2^112, the difference of the biases. */
export function halfScale(count: i32): v128 {
  return i32x4.splat((count >> 31) ^ 0x77800000);
}

/**
 * Four numbers, whose bits are extended by their sign to 32. Exponent and fraction are moved to their place and
 * scaled, which makes normal numbers of subnormal ones too.
 */
export function widened(halves: v128, mask: v128, scale: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(halves, 13), mask), scale);
}

/** The exponents of numbers that {@link widened} has moved to their place. */
export function halfExponents(count: i32): v128 {
  return i32x4.splat((count >> 31) ^ 0x0f800000);
}

/** The same as {@link widened} where subnormal numbers are likely: a product of one takes a hundred times as long. */
export function widenedScales(halves: v128, mask: v128, scale: v128, exponents: v128): v128 {
  const bits = v128.and(i32x4.shl(halves, 13), mask);
  const isSmall = i32x4.eq(v128.and(bits, exponents), i32x4.splat(0));
  if (v128.any_true(isSmall)) return widenedApart(halves, bits, isSmall);
  return f32x4.mul(bits, scale);
}

/** Subnormal numbers are fractions of 2^-14, and the exponents of others differ by their biases. */
function widenedApart(halves: v128, bits: v128, isSmall: v128): v128 {
  const fractions = f32x4.convert_i32x4_s(v128.and(halves, i32x4.splat(0x3ff)));
  const small = f32x4.mul(fractions, f32x4.splat(1.0 / 16777216.0));
  const signed = v128.or(small, v128.and(bits, f32x4.splat(-0.0)));
  return v128.bitselect(signed, i32x4.add(bits, i32x4.splat(0x38000000)), isSmall);
}

/** Widens so many numbers that follow one another. */
export function widenHalves(from: usize, to: usize, count: i32): void {
  const mask = halfMask(count);
  const scale = halfScale(count);
  const end = to + ((<usize>count & ~3) << 2);
  for (; to < end; to += 16) {
    v128.store(to, widened(v128.load16x4_s(from), mask, scale));
    from += 8;
  }
  for (let rest = count & 3; rest > 0; rest--) {
    const half = i32x4.extend_low_i16x8_s(v128.load16_lane(from, i16x8.splat(0), 0));
    v128.store32_lane(to, widened(half, mask, scale), 0);
    from += 2;
    to += 4;
  }
}
