/** Elements of vectors in memory, in single or in half precision, as float32 in registers. */

/** Four elements that follow one another. */
export function load4(from: usize, size: i32): v128 {
  return size === 4 ? v128.load(from) : halvesToFloats(v128.load16x4_u(from));
}

/** One element, in the first lane; the others are 0. */
export function load1(from: usize, size: i32): v128 {
  return size === 4
    ? v128.load32_zero(from)
    : halvesToFloats(i32x4.replace_lane(i32x4.splat(0), 0, load<u16>(from)));
}

export function store4(to: usize, numbers: v128, size: i32): void {
  if (size === 4) v128.store(to, numbers);
  else v128.store64_lane(to, narrow(floatsToHalves(numbers)), 0);
}

/** Stores the first lane. */
export function store1(to: usize, numbers: v128, size: i32): void {
  if (size === 4) v128.store32_lane(to, numbers, 0);
  else v128.store16_lane(to, floatsToHalves(numbers), 0);
}

/** Of each 32-bit lane the lower half. */
function narrow(lanes: v128): v128 {
  return i16x8.shuffle(lanes, lanes, 0, 2, 4, 6, 0, 2, 4, 6);
}

/**
 * binary16 in the lower half of each lane to binary32. Exponent and fraction are moved to their place and
 * scaled by 2^112, the difference of the biases, which makes normal numbers of subnormal ones too; the
 * largest exponent, of infinities and NaN, is set by hand.
 */
function halvesToFloats(halves: v128): v128 {
  const magnitude = v128.and(halves, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.xor(halves, magnitude), 16);
  const scaled = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(reinterpret<f32>(0x77800000)));
  const special = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x7bff)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(scaled, special), sign);
}

/**
 * binary32 to binary16 in the lower half of each lane, to nearest, ties to even. What is subnormal in
 * half precision is rounded by an addition of 0.5, whose last bit is worth 2^-24; the rest by carrying
 * into the exponent, which makes infinity of what is too large.
 */
export function floatsToHalves(floats: v128): v128 {
  const magnitude = v128.and(floats, i32x4.splat(0x7fffffff));
  const sign = i32x4.shr_u(v128.xor(floats, magnitude), 16);
  const tiny = i32x4.lt_s(magnitude, i32x4.splat(0x38800000));
  const subnormal = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  // Biases differ by 112; 0xfff and the last bit that stays round to nearest even.
  const rounded = i32x4.add(i32x4.add(magnitude, i32x4.splat(0xc8000fff)), odd);
  const normal = i32x4.shr_u(rounded, 13);
  const infinite = i32x4.gt_s(magnitude, i32x4.splat(0x477fefff));
  const nan = i32x4.gt_s(magnitude, i32x4.splat(0x7f800000));
  let half = v128.bitselect(subnormal, normal, tiny);
  half = v128.bitselect(i32x4.splat(0x7c00), half, infinite);
  half = v128.bitselect(i32x4.splat(0x7e00), half, nan);
  return v128.or(half, sign);
}
