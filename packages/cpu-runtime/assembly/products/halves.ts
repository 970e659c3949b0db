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
