/** The derivatives of the activations. Of NaN each is NaN; at infinity it is its limit. */
import { loadSome, stepOf, storeSome } from "./activations";
import { ELU, GELU, GELU_TANH, LEAKY_RELU, RELU, SIGMOID, SILU, TANH } from "./kernel-options";
import {
  DENSITY,
  FOUR,
  GELU_TANH_1,
  GELU_TANH_3,
  GELU_TANH_SLOPE_3,
  LEAST_GELU_SLOPE,
  LEAST_SILU_SLOPE,
  MINUS_HALF_LOG2_E,
  MOST_GELU_SLOPE,
  MOST_SILU_SLOPE,
  ONE,
} from "./vector-constants";
import {
  exp,
  exp2,
  multiplyAdd,
  multiplySubtract,
  normalDistribution,
  sigmoid,
} from "./vector-math";

/**
 * `to = dy · f′(x)` for numbers that follow one another; `to` may be either of the others. Each activation has a loop
 * of its own, as in `activateNumbers`.
 *
 * @param parameter of the activation; most have none
 * @param bytes a multiple of 4
 */
export function multiplyBySlopes(
  activation: i32,
  parameter: f32,
  x: usize,
  dy: usize,
  to: usize,
  bytes: usize,
): void {
  const end = to + bytes;
  const parameters = f32x4.splat(parameter);
  switch (activation) {
    case RELU: {
      // Without an upper bound the slope is 1 at infinity too.
      const endless = f32x4.eq(parameters, f32x4.splat(Infinity));
      for (; to < end; x += stepOf(to, end), dy += stepOf(to, end), to += stepOf(to, end)) {
        const number = loadSome(x, to, end);
        const below = v128.or(f32x4.lt(number, parameters), endless);
        const rises = v128.and(f32x4.gt(number, f32x4.splat(0)), below);
        storeProduct(dy, to, end, orNan(v128.and(rises, ONE), number));
      }
      break;
    }
    case LEAKY_RELU:
      for (; to < end; x += stepOf(to, end), dy += stepOf(to, end), to += stepOf(to, end)) {
        const number = loadSome(x, to, end);
        storeProduct(dy, to, end, orNan(oneOr(parameters, number), number));
      }
      break;
    case ELU:
      for (; to < end; x += stepOf(to, end), dy += stepOf(to, end), to += stepOf(to, end)) {
        const number = loadSome(x, to, end);
        const power = exp(f32x4.pmin(number, f32x4.splat(0)));
        storeProduct(dy, to, end, oneOr(f32x4.mul(parameters, power), number));
      }
      break;
    case GELU:
      for (; to < end; x += stepOf(to, end), dy += stepOf(to, end), to += stepOf(to, end)) {
        const number = within(loadSome(x, to, end), LEAST_GELU_SLOPE, MOST_GELU_SLOPE);
        const power = exp2(f32x4.mul(f32x4.mul(number, number), MINUS_HALF_LOG2_E));
        const density = f32x4.mul(power, DENSITY);
        storeProduct(dy, to, end, multiplyAdd(number, density, normalDistribution(number)));
      }
      break;
    case GELU_TANH:
      for (; to < end; x += stepOf(to, end), dy += stepOf(to, end), to += stepOf(to, end)) {
        const number = within(loadSome(x, to, end), LEAST_GELU_SLOPE, MOST_GELU_SLOPE);
        const square = f32x4.mul(number, number);
        // -2 z of GELU, and its derivative.
        const argument = f32x4.mul(number, multiplyAdd(square, GELU_TANH_3, GELU_TANH_1));
        const rise = multiplyAdd(square, GELU_TANH_SLOPE_3, GELU_TANH_1);
        const share = f32x4.div(ONE, f32x4.add(ONE, exp(argument)));
        const rest = f32x4.sub(ONE, share);
        storeProduct(
          dy,
          to,
          end,
          f32x4.mul(share, multiplySubtract(f32x4.mul(number, rise), rest, ONE)),
        );
      }
      break;
    case SILU:
      for (; to < end; x += stepOf(to, end), dy += stepOf(to, end), to += stepOf(to, end)) {
        const number = within(loadSome(x, to, end), LEAST_SILU_SLOPE, MOST_SILU_SLOPE);
        const share = sigmoid(number);
        const slope = f32x4.mul(share, multiplyAdd(number, f32x4.sub(ONE, share), ONE));
        storeProduct(dy, to, end, slope);
      }
      break;
    case SIGMOID:
      for (; to < end; x += stepOf(to, end), dy += stepOf(to, end), to += stepOf(to, end)) {
        storeProduct(dy, to, end, slopeOfSigmoid(loadSome(x, to, end)));
      }
      break;
    case TANH:
      for (; to < end; x += stepOf(to, end), dy += stepOf(to, end), to += stepOf(to, end)) {
        const number = loadSome(x, to, end);
        storeProduct(dy, to, end, f32x4.mul(FOUR, slopeOfSigmoid(f32x4.add(number, number))));
      }
      break;
    default:
      memory.copy(to, dy, bytes);
  }
}

function storeProduct(dy: usize, to: usize, end: usize, slope: v128): void {
  storeSome(to, end, f32x4.mul(loadSome(dy, to, end), slope));
}

/** `e / (1 + e)²` with e to the power of -|x|, which loses nothing where the sigmoid is close to 1. */
function slopeOfSigmoid(x: v128): v128 {
  const power = exp(f32x4.neg(f32x4.abs(x)));
  const sum = f32x4.add(ONE, power);
  return f32x4.div(power, f32x4.mul(sum, sum));
}

/** The order of the operands keeps NaN. */
function within(x: v128, least: v128, most: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, least), most);
}

function oneOr(other: v128, x: v128): v128 {
  return v128.bitselect(ONE, other, f32x4.gt(x, f32x4.splat(0)));
}

function orNan(slope: v128, x: v128): v128 {
  return v128.or(slope, f32x4.ne(x, x));
}
