/** The derivatives of the activations. Of NaN each is NaN; at infinity it is its limit. */
import { loadSome, storeSome, wholeFours } from "./activations";
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
 * `to = dy · f′(x)` for numbers that follow one another; `to` may be either of the others.
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
  const fours = wholeFours(bytes);
  multiply<v128>(activation, parameter, x, dy, to, fours);
  const rest = bytes - fours;
  if (rest > 0) multiply<f32>(activation, parameter, x + fours, dy + fours, to + fours, rest);
}

/** Numbers four by four or one by one. Each activation has a loop of its own, as in `activateNumbers`. */
function multiply<Step>(
  activation: i32,
  parameter: f32,
  x: usize,
  dy: usize,
  to: usize,
  bytes: usize,
): void {
  const step = sizeof<Step>();
  const end = to + bytes;
  const parameters = f32x4.splat(parameter);
  switch (activation) {
    case RELU: {
      // Without an upper bound the slope is 1 at infinity too.
      const endless = f32x4.eq(parameters, f32x4.splat(Infinity));
      for (; to < end; x += step, dy += step, to += step) {
        const number = loadSome<Step>(x);
        const below = v128.or(f32x4.lt(number, parameters), endless);
        const rises = v128.and(f32x4.gt(number, f32x4.splat(0)), below);
        storeProduct<Step>(dy, to, orNan(v128.and(rises, ONE), number));
      }
      break;
    }
    case LEAKY_RELU:
      for (; to < end; x += step, dy += step, to += step) {
        const number = loadSome<Step>(x);
        storeProduct<Step>(dy, to, orNan(oneOr(parameters, number), number));
      }
      break;
    case ELU:
      for (; to < end; x += step, dy += step, to += step) {
        const number = loadSome<Step>(x);
        const power = exp(f32x4.pmin(number, f32x4.splat(0)));
        storeProduct<Step>(dy, to, oneOr(f32x4.mul(parameters, power), number));
      }
      break;
    case GELU:
      for (; to < end; x += step, dy += step, to += step) {
        const number = within(loadSome<Step>(x), LEAST_GELU_SLOPE, MOST_GELU_SLOPE);
        const power = exp2(f32x4.mul(f32x4.mul(number, number), MINUS_HALF_LOG2_E));
        const density = f32x4.mul(power, DENSITY);
        storeProduct<Step>(dy, to, multiplyAdd(number, density, normalDistribution(number)));
      }
      break;
    case GELU_TANH:
      for (; to < end; x += step, dy += step, to += step) {
        const number = within(loadSome<Step>(x), LEAST_GELU_SLOPE, MOST_GELU_SLOPE);
        const square = f32x4.mul(number, number);
        // -2 z of GELU, and its derivative.
        const argument = f32x4.mul(number, multiplyAdd(square, GELU_TANH_3, GELU_TANH_1));
        const rise = multiplyAdd(square, GELU_TANH_SLOPE_3, GELU_TANH_1);
        const share = f32x4.div(ONE, f32x4.add(ONE, exp(argument)));
        const rest = f32x4.sub(ONE, share);
        storeProduct<Step>(
          dy,
          to,
          f32x4.mul(share, multiplySubtract(f32x4.mul(number, rise), rest, ONE)),
        );
      }
      break;
    case SILU:
      for (; to < end; x += step, dy += step, to += step) {
        const number = within(loadSome<Step>(x), LEAST_SILU_SLOPE, MOST_SILU_SLOPE);
        const share = sigmoid(number);
        const slope = f32x4.mul(share, multiplyAdd(number, f32x4.sub(ONE, share), ONE));
        storeProduct<Step>(dy, to, slope);
      }
      break;
    case SIGMOID:
      for (; to < end; x += step, dy += step, to += step) {
        storeProduct<Step>(dy, to, slopeOfSigmoid(loadSome<Step>(x)));
      }
      break;
    case TANH:
      for (; to < end; x += step, dy += step, to += step) {
        const number = loadSome<Step>(x);
        storeProduct<Step>(dy, to, f32x4.mul(FOUR, slopeOfSigmoid(f32x4.add(number, number))));
      }
      break;
    default:
      memory.copy(to, dy, bytes);
  }
}

function storeProduct<Step>(dy: usize, to: usize, slope: v128): void {
  storeSome<Step>(to, f32x4.mul(loadSome<Step>(dy), slope));
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
