/**
 * The activations, for kernels that compute them on their own and for products, which apply them to what they
 * have just computed. NaN stays NaN; what an infinity becomes is what the formula says.
 */
import { ELU, GELU, GELU_TANH, LEAKY_RELU, RELU, SIGMOID, SILU, TANH } from "./kernel-options";
import { GELU_TANH_1, GELU_TANH_3, ONE } from "./vector-constants";
import { exp, expm1, multiplyAdd, normalDistribution, sigmoid, tanh } from "./vector-math";

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
  const fours = wholeFours(bytes);
  activate<v128>(activation, parameter, from, to, fours);
  if (fours < bytes) activate<f32>(activation, parameter, from + fours, to + fours, bytes - fours);
}

/**
 * Numbers four by four or one by one. Each activation has a loop of its own: a call or a branch for each four numbers
 * takes as long as some of them.
 */
function activate<Step>(
  activation: i32,
  parameter: f32,
  from: usize,
  to: usize,
  bytes: usize,
): void {
  const step = sizeof<Step>();
  const end = to + bytes;
  const parameters = f32x4.splat(parameter);
  switch (activation) {
    case RELU:
      for (; to < end; from += step, to += step) {
        // The order of the operands keeps NaN.
        const positive = f32x4.pmax(loadSome<Step>(from), f32x4.splat(0));
        storeSome<Step>(to, f32x4.pmin(positive, parameters));
      }
      break;
    case LEAKY_RELU:
      for (; to < end; from += step, to += step) {
        const x = loadSome<Step>(from);
        storeSome<Step>(to, positiveOr(f32x4.mul(parameters, x), x));
      }
      break;
    case ELU:
      for (; to < end; from += step, to += step) {
        const x = loadSome<Step>(from);
        storeSome<Step>(to, positiveOr(f32x4.mul(parameters, expm1(x)), x));
      }
      break;
    case GELU:
      for (; to < end; from += step, to += step) {
        const x = loadSome<Step>(from);
        storeSome<Step>(to, f32x4.mul(x, normalDistribution(x)));
      }
      break;
    case GELU_TANH:
      for (; to < end; from += step, to += step) {
        const x = loadSome<Step>(from);
        // (1 + tanh(z)) / 2 is 1 / (1 + exp(-2 z)).
        const inner = multiplyAdd(f32x4.mul(x, x), GELU_TANH_3, GELU_TANH_1);
        storeSome<Step>(to, f32x4.div(x, f32x4.add(ONE, exp(f32x4.mul(x, inner)))));
      }
      break;
    case SILU:
      for (; to < end; from += step, to += step) {
        const x = loadSome<Step>(from);
        storeSome<Step>(to, f32x4.div(x, f32x4.add(ONE, exp(f32x4.neg(x)))));
      }
      break;
    case SIGMOID:
      for (; to < end; from += step, to += step) {
        storeSome<Step>(to, sigmoid(loadSome<Step>(from)));
      }
      break;
    case TANH:
      for (; to < end; from += step, to += step) {
        storeSome<Step>(to, tanh(loadSome<Step>(from)));
      }
      break;
    default:
      memory.copy(to, from, bytes);
  }
}

/** Bytes of as many whole fours of numbers as there are. */
export function wholeFours(bytes: usize): usize {
  return bytes & ~15;
}

/** Four numbers as `v128`, or one as `f32`. */
export function loadSome<Step>(from: usize): v128 {
  return sizeof<Step>() === 16 ? v128.load(from) : v128.load32_zero(from);
}

export function storeSome<Step>(to: usize, numbers: v128): void {
  if (sizeof<Step>() === 16) v128.store(to, numbers);
  else v128.store32_lane(to, numbers, 0);
}

function positiveOr(other: v128, x: v128): v128 {
  return v128.bitselect(x, other, f32x4.gt(x, f32x4.splat(0)));
}
