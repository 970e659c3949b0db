// biome-ignore-all lint/style/useConst: the comment below says why
/**
 * The constants of vector-math.ts, activations.ts and activation-slopes.ts. They are variables, which index.ts exports, so that the compiler cannot
 * tell that they never change: V8 makes three instructions of a constant vector wherever it is used, which
 * takes longer than the rest of exp, but one load of a variable.
 */

/**
 * 3 · 2²²: added to a number below 2²² it leaves the nearest whole number in the last bits, so that, with
 * the bias of exponents added too, a shift by 23 bits makes a power of two of it.
 */
const ROUND: f32 = 12582912;

export let ROUND_HALF_BIASED: v128 = f32x4.splat(ROUND + 126);
export let ROUND_BIASED: v128 = f32x4.splat(ROUND + 127);
export let LEAST_EXPONENT: v128 = f32x4.splat(-127);
export let ONE: v128 = f32x4.splat(1);
export let HALF: v128 = f32x4.splat(0.5);
export let MINUS_HALF: v128 = f32x4.splat(-0.5);
export let MINUS_TWO: v128 = f32x4.splat(-2);

export let LOG2_E: v128 = f32x4.splat(Mathf.LOG2E);

/** log 2 in two parts, the first of which has so few bits that its products with exponents are exact. */
export let LN2_HIGH: v128 = f32x4.splat(0.693359375);
export let LN2_LOW: v128 = f32x4.splat(-2.1219444e-4);

/** Where exp becomes 0, and where it is infinite. */
export let LEAST_EXP: v128 = f32x4.splat(-87.33654);
export let MOST_EXP: v128 = f32x4.splat(89);

/** The minimax polynomial of exp on ±(log 2) / 2, of relative error 2e-9; the first two are 1. */
export let EXP_2: v128 = f32x4.splat(0.4999999404);
export let EXP_3: v128 = f32x4.splat(0.16666431725);
export let EXP_4: v128 = f32x4.splat(0.0416680016);
export let EXP_5: v128 = f32x4.splat(0.00837417133);
export let EXP_6: v128 = f32x4.splat(0.00138436351);

/** The minimax polynomial of exp2 on ±1/2, of relative error 2e-9; the first is 1. */
export let EXP2_1: v128 = f32x4.splat(0.6931471825);
export let EXP2_2: v128 = f32x4.splat(0.2402264774);
export let EXP2_3: v128 = f32x4.splat(0.0555033237);
export let EXP2_4: v128 = f32x4.splat(0.00961843785);
export let EXP2_5: v128 = f32x4.splat(0.00133988878);
export let EXP2_6: v128 = f32x4.splat(0.000153533518);

/** Where e to the power of x, less 1, is -1. */
export let LEAST_EXPM1: v128 = f32x4.splat(-20);

/** The minimax polynomial of (exp(x) - 1 - x) / x² on ±(log 2) / 2, of relative error 1.5e-8; the first is 1/2. */
export let EXPM1_1: v128 = f32x4.splat(0.16666533053);
export let EXPM1_2: v128 = f32x4.splat(0.0416672453);
export let EXPM1_3: v128 = f32x4.splat(0.00836785976);
export let EXPM1_4: v128 = f32x4.splat(0.00138822666);

/** -(log2 e) / 2 */
export let MINUS_HALF_LOG2_E: v128 = f32x4.splat(-0.72134752);

/** Where the normal distribution is 0 or 1 in float32, squared. */
export let MOST_SQUARED_DEVIATIONS: v128 = f32x4.splat(30.25);

/**
 * The normal distribution less 1/2, over x, as a rational function of x² up to 30.25: the minimax one, whose error times x
 * is at most 7.2e-9. The first denominator is 1.
 */
export let NORMAL_NUMERATOR_0: v128 = f32x4.splat(0.398942232);
export let NORMAL_NUMERATOR_1: v128 = f32x4.splat(0.0338527784);
export let NORMAL_NUMERATOR_2: v128 = f32x4.splat(0.00467726914);
export let NORMAL_NUMERATOR_3: v128 = f32x4.splat(0.000168827071);
export let NORMAL_NUMERATOR_4: v128 = f32x4.splat(6.352132e-6);
export let NORMAL_NUMERATOR_5: v128 = f32x4.splat(2.27493331e-8);
export let NORMAL_DENOMINATOR_1: v128 = f32x4.splat(0.251522243);
export let NORMAL_DENOMINATOR_2: v128 = f32x4.splat(0.0286459476);
export let NORMAL_DENOMINATOR_3: v128 = f32x4.splat(0.00188445265);
export let NORMAL_DENOMINATOR_4: v128 = f32x4.splat(7.36479778e-5);
export let NORMAL_DENOMINATOR_5: v128 = f32x4.splat(1.19750405e-6);

/** The argument of GELU's approximation: √(8/π) and that times 0.044715, negative. */
export let GELU_TANH_1: v128 = f32x4.splat(-1.5957691216);
export let GELU_TANH_3: v128 = f32x4.splat(-0.0713548163);

/** Where the slopes of GELU are those at infinity, and those of SiLU. */
export let MOST_GELU_SLOPE: v128 = f32x4.splat(14);
export let LEAST_GELU_SLOPE: v128 = f32x4.splat(-14);
export let MOST_SILU_SLOPE: v128 = f32x4.splat(100);
export let LEAST_SILU_SLOPE: v128 = f32x4.splat(-100);

/** 1 / √(2π), by which the density of the normal distribution is scaled. */
export let DENSITY: v128 = f32x4.splat(0.3989422804);

/** Three times {@link GELU_TANH_3}: of the slope of the argument. */
export let GELU_TANH_SLOPE_3: v128 = f32x4.splat(-0.2140644488);

export let FOUR: v128 = f32x4.splat(4);
