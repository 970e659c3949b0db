/**
 * The activations, for kernels that compute them on their own and for products, which apply them to what they
 * have just computed. NaN stays NaN; what an infinity becomes is what the formula says.
 */
import { ELU, GELU, GELU_TANH, LEAKY_RELU, RELU, SIGMOID, SILU, TANH } from "./kernel-options";
import { GELU_TANH_1, GELU_TANH_3, ONE } from "./vector-constants";
import { exp, expm1, multiplyAdd, normalDistribution, sigmoid, tanh } from "./vector-math";

const LANES: usize = 16;

/**
 * Numbers that follow one another, which may come to lie where they are read.
 *
 * @param parameter of the activation; most have none
 * @param bytes a multiple of 4
 */
export function activateNumbers(
  activation: i32,
  parameter: f32,
  from: usize,
  to: usize,
  bytes: usize,
): void {
  const parameters = f32x4.splat(parameter);
  const end = to + bytes;
  while (to < end) {
    const whole = end - to >= LANES;
    const x = whole ? v128.load(from) : v128.load32_zero(from);
    const y = activate(activation, x, parameters);
    if (whole) v128.store(to, y);
    else v128.store32_lane(to, y, 0);
    const step = whole ? LANES : 4;
    from += step;
    to += step;
  }
}

/** Called from one place, so that the compiler puts it there. */
function activate(activation: i32, x: v128, parameter: v128): v128 {
  switch (activation) {
    case RELU:
      // The order of the operands keeps NaN.
      return f32x4.pmin(f32x4.pmax(x, f32x4.splat(0)), parameter);
    case LEAKY_RELU:
      return v128.bitselect(x, f32x4.mul(parameter, x), f32x4.gt(x, f32x4.splat(0)));
    case ELU:
      return v128.bitselect(x, f32x4.mul(parameter, expm1(x)), f32x4.gt(x, f32x4.splat(0)));
    case GELU:
      return f32x4.mul(x, normalDistribution(x));
    case GELU_TANH: {
      // (1 + tanh(z)) / 2 is 1 / (1 + exp(-2 z)).
      const inner = multiplyAdd(f32x4.mul(x, x), GELU_TANH_3, GELU_TANH_1);
      return f32x4.div(x, f32x4.add(ONE, exp(f32x4.mul(x, inner))));
    }
    case SILU:
      return f32x4.div(x, f32x4.add(ONE, exp(f32x4.neg(x))));
    case SIGMOID:
      return sigmoid(x);
    case TANH:
      return tanh(x);
    default:
      return x;
  }
}
