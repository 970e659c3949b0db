/**
 * Mathematics on four float32 lanes. Errors are in ulp, units in the last place of the exact result, and
 * hold with and without relaxed SIMD; `src/kernels/vector-math.test.ts` sweeps the arguments. NaN gives NaN.
 */

/** `weight · x + sum`, rounded once where the engine has relaxed SIMD and the machine the instruction. */
export function multiplyAdd(weight: v128, x: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? f32x4.relaxed_madd(weight, x, sum)
    : f32x4.add(sum, f32x4.mul(weight, x));
}

/** `sum - weight · x`. */
export function multiplySubtract(weight: v128, x: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? f32x4.relaxed_nmadd(weight, x, sum)
    : f32x4.sub(sum, f32x4.mul(weight, x));
}

/**
 * 3 · 2²²: added to a number below 2²² it leaves the nearest whole number in the last bits, so that, with
 * the bias of exponents added too, a shift by {@link FRACTION_BITS} makes a power of two of it.
 */
const ROUND: f32 = 12582912;
const FRACTION_BITS: i32 = 23;
/** One less than the bias, which leaves room for the largest power of two; the result is doubled after. */
const HALF_BIAS: f32 = 126;
const BIAS: f32 = 127;

/** log 2 in two parts, the first of which has so few bits that its products with exponents are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

/** Where the result becomes 0, and where it is infinite. */
const LEAST_EXP: f32 = -87.33654;
const MOST_EXP: f32 = 89;

/** e to the power of x, within 1.5 ulp. What is below 2⁻¹²⁵ may become 0. */
export function exp(x: v128): v128 {
  // The order of the operands keeps NaN.
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(LEAST_EXP)), f32x4.splat(MOST_EXP));
  const round = f32x4.splat(ROUND + HALF_BIAS);
  const rounded = multiplyAdd(x, f32x4.splat(<f32>Math.LOG2E), round);
  const n = f32x4.sub(rounded, round);
  x = multiplySubtract(n, f32x4.splat(LN2_HIGH), x);
  x = multiplySubtract(n, f32x4.splat(LN2_LOW), x);
  // The minimax polynomial of relative error 2e-9 on ±(log 2) / 2.
  let sum = f32x4.splat(0.00138436351);
  sum = multiplyAdd(sum, x, f32x4.splat(0.00837417133));
  sum = multiplyAdd(sum, x, f32x4.splat(0.0416680016));
  sum = multiplyAdd(sum, x, f32x4.splat(0.16666431725));
  sum = multiplyAdd(sum, x, f32x4.splat(0.4999999404));
  sum = multiplyAdd(sum, x, f32x4.splat(1));
  sum = multiplyAdd(sum, x, f32x4.splat(1));
  const half = f32x4.mul(sum, i32x4.shl(rounded, FRACTION_BITS));
  return f32x4.add(half, half);
}

/** 2 to the power of x, which is at most 127, within 1.5 ulp. What is below 2⁻¹²⁶ may become 0. */
export function exp2(x: v128): v128 {
  x = f32x4.pmax(x, f32x4.splat(-BIAS));
  const round = f32x4.splat(ROUND + BIAS);
  const rounded = f32x4.add(x, round);
  x = f32x4.sub(x, f32x4.sub(rounded, round));
  // The minimax polynomial of relative error 2e-9 on ±1/2.
  let sum = f32x4.splat(0.000153533518);
  sum = multiplyAdd(sum, x, f32x4.splat(0.00133988878));
  sum = multiplyAdd(sum, x, f32x4.splat(0.00961843785));
  sum = multiplyAdd(sum, x, f32x4.splat(0.0555033237));
  sum = multiplyAdd(sum, x, f32x4.splat(0.2402264774));
  sum = multiplyAdd(sum, x, f32x4.splat(0.6931471825));
  sum = multiplyAdd(sum, x, f32x4.splat(1));
  return f32x4.mul(sum, i32x4.shl(rounded, FRACTION_BITS));
}
