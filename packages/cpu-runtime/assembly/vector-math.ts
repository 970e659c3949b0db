/**
 * Mathematics on four float32 lanes. Errors are in ulp, units in the last place of the exact result, and
 * hold with and without relaxed SIMD; `src/kernels/vector-math.test.ts` sweeps the arguments. NaN gives NaN.
 */

import {
  EXP_2,
  EXP_3,
  EXP_4,
  EXP_5,
  EXP_6,
  EXP2_1,
  EXP2_2,
  EXP2_3,
  EXP2_4,
  EXP2_5,
  EXP2_6,
  EXPM1_1,
  EXPM1_2,
  EXPM1_3,
  EXPM1_4,
  HALF,
  LEAST_EXP,
  LEAST_EXPM1,
  LEAST_EXPONENT,
  LN2_HIGH,
  LN2_LOW,
  LOG2_E,
  MINUS_HALF,
  MINUS_TWO,
  MOST_EXP,
  MOST_SQUARED_DEVIATIONS,
  NORMAL_DENOMINATOR_1,
  NORMAL_DENOMINATOR_2,
  NORMAL_DENOMINATOR_3,
  NORMAL_DENOMINATOR_4,
  NORMAL_DENOMINATOR_5,
  NORMAL_NUMERATOR_0,
  NORMAL_NUMERATOR_1,
  NORMAL_NUMERATOR_2,
  NORMAL_NUMERATOR_3,
  NORMAL_NUMERATOR_4,
  NORMAL_NUMERATOR_5,
  ONE,
  ROUND_BIASED,
  ROUND_HALF_BIASED,
} from "./vector-constants";

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
 * The larger of the lanes, NaN where one of both is: as `f32x4.max`, for which x86-64 takes twice as many
 * instructions, since it tells zeros apart.
 */
export function largerOf(x: v128, y: v128): v128 {
  // Without an order x is taken, so that NaN in y alone has to be brought in: all bits are NaN too.
  return v128.or(f32x4.pmax(x, y), f32x4.ne(y, y));
}

/**
 * All bits of the lanes whose number is larger, or NaN where there was none yet: no number is at most NaN, and NaN is
 * at most none.
 */
export function isLarger(numbers: v128, largest: v128): v128 {
  return v128.andnot(f32x4.eq(largest, largest), f32x4.le(numbers, largest));
}

/** Places of an exponent beyond the fraction. */
const FRACTION_BITS: i32 = 23;

/** e to the power of x, within 1.5 ulp. What is below 2⁻¹²⁵ may become 0. */
export function exp(x: v128): v128 {
  // The order of the operands keeps NaN.
  x = f32x4.pmin(f32x4.pmax(x, LEAST_EXP), MOST_EXP);
  const round = ROUND_HALF_BIASED;
  const rounded = multiplyAdd(x, LOG2_E, round);
  const n = f32x4.sub(rounded, round);
  x = multiplySubtract(n, LN2_HIGH, x);
  x = multiplySubtract(n, LN2_LOW, x);
  const square = f32x4.mul(x, x);
  const low = multiplyAdd(EXP_3, x, EXP_2);
  let sum = multiplyAdd(EXP_5, x, EXP_4);
  sum = multiplyAdd(EXP_6, square, sum);
  sum = multiplyAdd(sum, square, low);
  sum = f32x4.add(multiplyAdd(sum, square, x), ONE);
  // Half the power and twice the result: the largest power of two alone is beyond float32.
  const half = f32x4.mul(sum, i32x4.shl(rounded, FRACTION_BITS));
  return f32x4.add(half, half);
}

/** 2 to the power of x, which is at most 127, within 1.5 ulp. What is below 2⁻¹²⁶ may become 0. */
export function exp2(x: v128): v128 {
  x = f32x4.pmax(x, LEAST_EXPONENT);
  const round = ROUND_BIASED;
  const rounded = f32x4.add(x, round);
  x = f32x4.sub(x, f32x4.sub(rounded, round));
  const square = f32x4.mul(x, x);
  const low = multiplyAdd(EXP2_2, x, EXP2_1);
  let sum = multiplyAdd(EXP2_6, x, EXP2_5);
  const middle = multiplyAdd(EXP2_4, x, EXP2_3);
  sum = multiplyAdd(sum, square, middle);
  sum = multiplyAdd(sum, square, low);
  sum = multiplyAdd(sum, x, ONE);
  return f32x4.mul(sum, i32x4.shl(rounded, FRACTION_BITS));
}

/** e to the power of x, less 1, for x of at most 0, within 1.5 ulp. */
export function expm1(x: v128): v128 {
  x = f32x4.pmax(x, LEAST_EXPM1);
  const round = ROUND_BIASED;
  const rounded = multiplyAdd(x, LOG2_E, round);
  const n = f32x4.sub(rounded, round);
  x = multiplySubtract(n, LN2_HIGH, x);
  x = multiplySubtract(n, LN2_LOW, x);
  const square = f32x4.mul(x, x);
  const low = multiplyAdd(EXPM1_1, x, HALF);
  let sum = multiplyAdd(EXPM1_3, x, EXPM1_2);
  sum = multiplyAdd(EXPM1_4, square, sum);
  sum = multiplyAdd(sum, square, low);
  sum = multiplyAdd(sum, square, x);
  const power = i32x4.shl(rounded, FRACTION_BITS);
  return multiplyAdd(sum, power, f32x4.sub(power, ONE));
}

/** The hyperbolic tangent, within 3 ulp, and never beyond 1. */
export function tanh(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(i32.MIN_VALUE));
  const less = expm1(f32x4.mul(f32x4.abs(x), MINUS_TWO));
  const positive = f32x4.div(f32x4.neg(less), f32x4.sub(less, MINUS_TWO));
  return v128.or(positive, sign);
}

/** `1 / (1 + exp(-x))`, within 2.5 ulp. What is below 2⁻¹²⁵ may become 0. */
export function sigmoid(x: v128): v128 {
  const one = ONE;
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/**
 * The standard normal distribution's integral from -∞ to x: half of one and the error function of x / √2. Within 2.6e-7,
 * four units in the last place of 1/2: as the formula has it in float32, without small numbers of their own precision
 * where x is negative.
 */
export function normalDistribution(x: v128): v128 {
  // The order of the operands keeps NaN.
  const square = f32x4.pmin(f32x4.mul(x, x), MOST_SQUARED_DEVIATIONS);
  let numerator = multiplyAdd(NORMAL_NUMERATOR_5, square, NORMAL_NUMERATOR_4);
  let denominator = multiplyAdd(NORMAL_DENOMINATOR_5, square, NORMAL_DENOMINATOR_4);
  numerator = multiplyAdd(numerator, square, NORMAL_NUMERATOR_3);
  denominator = multiplyAdd(denominator, square, NORMAL_DENOMINATOR_3);
  numerator = multiplyAdd(numerator, square, NORMAL_NUMERATOR_2);
  denominator = multiplyAdd(denominator, square, NORMAL_DENOMINATOR_2);
  numerator = multiplyAdd(numerator, square, NORMAL_NUMERATOR_1);
  denominator = multiplyAdd(denominator, square, NORMAL_DENOMINATOR_1);
  numerator = multiplyAdd(numerator, square, NORMAL_NUMERATOR_0);
  denominator = multiplyAdd(denominator, square, ONE);
  const half = f32x4.div(f32x4.mul(x, numerator), denominator);
  return f32x4.add(f32x4.pmax(f32x4.pmin(half, HALF), MINUS_HALF), HALF);
}

/** The float32 below √½: fractions of logarithms are from it to its double. */
const ROOT_HALF: i32 = 0x3f3504f3;

/**
 * The natural logarithm of x, which is positive and not subnormal, within 1.5 ulp; infinity gives NaN. The
 * polynomial is that of the Cephes library's `logf`.
 */
export function log(x: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(x, i32x4.splat(ROOT_HALF)), FRACTION_BITS);
  const fraction = i32x4.sub(x, i32x4.shl(exponent, FRACTION_BITS));
  const f = f32x4.sub(fraction, f32x4.splat(1));
  const n = f32x4.convert_i32x4_s(exponent);
  let sum = f32x4.splat(7.0376836292e-2);
  sum = multiplyAdd(sum, f, f32x4.splat(-1.151461031e-1));
  sum = multiplyAdd(sum, f, f32x4.splat(1.167699874e-1));
  sum = multiplyAdd(sum, f, f32x4.splat(-1.2420140846e-1));
  sum = multiplyAdd(sum, f, f32x4.splat(1.4249322787e-1));
  sum = multiplyAdd(sum, f, f32x4.splat(-1.6668057665e-1));
  sum = multiplyAdd(sum, f, f32x4.splat(2.0000714765e-1));
  sum = multiplyAdd(sum, f, f32x4.splat(-2.4999993993e-1));
  sum = multiplyAdd(sum, f, f32x4.splat(3.3333331174e-1));
  const square = f32x4.mul(f, f);
  sum = multiplyAdd(n, LN2_LOW, f32x4.mul(f32x4.mul(sum, f), square));
  sum = multiplySubtract(square, f32x4.splat(0.5), sum);
  sum = f32x4.add(f, sum);
  sum = multiplyAdd(n, LN2_HIGH, sum);
  // Nothing, of a number; of NaN and infinity it is NaN.
  return f32x4.add(sum, f32x4.sub(x, x));
}
