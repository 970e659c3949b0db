import type { FloatArray } from "@papilio/butterfly";
import type { Activation } from "@papilio/butterfly/numeric";
import type { ReferenceContext } from "../reference-context.ts";
import { activationFunction } from "../shared/activation-function.ts";
import type { ActivationGradientOperation } from "./operation.ts";

export function evaluateActivationGradient(
  { x, dy, activation }: ActivationGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const slope = activationSlope(activation);
  const values = context.of(x);
  return context.of(dy).map((gradient, index) => {
    const value = values[index] as number;
    return Number.isNaN(value) ? value : gradient * slope(value);
  }) as FloatArray;
}

/** Beyond it the powers of the smooth activations are 0, or 1, and so are their slopes. */
const BOUND = 800;
/** The same of GELU. */
const GELU_BOUND = 40;

/** The derivative of an activation in float64, of all but NaN. */
function activationSlope(activation: Activation): (x: number) => number {
  switch (activation.kind) {
    case "relu": {
      const { upper } = activation;
      return (x) => (x > 0 && (upper === undefined || x < upper) ? 1 : 0);
    }
    case "leaky-relu":
      return (x) => (x > 0 ? 1 : activation.negativeSlope);
    case "elu":
      return (x) => (x > 0 ? 1 : activation.alpha * Math.exp(x));
    case "gelu":
      return within(
        GELU_BOUND,
        activation.approximate === "tanh" ? slopeOfGeluTanh : slopeOfGelu(activation),
      );
    case "silu":
      return within(BOUND, (x) => sigmoid(x) * (1 + x * sigmoid(-x)));
    case "sigmoid":
      return within(BOUND, (x) => sigmoid(x) * sigmoid(-x));
    case "tanh":
      return within(BOUND, (x) => 4 * sigmoid(2 * x) * sigmoid(-2 * x));
  }
}

function within(bound: number, slope: (x: number) => number): (x: number) => number {
  return (x) => slope(Math.min(Math.max(x, -bound), bound));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** `Φ(x) + x φ(x)`, with the standard normal distribution and its density. */
function slopeOfGelu(activation: Activation): (x: number) => number {
  const gelu = activationFunction(activation);
  return (x) => {
    const distribution = x === 0 ? 0.5 : gelu(x) / x;
    return distribution + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  };
}

function slopeOfGeluTanh(x: number): number {
  const scale = Math.sqrt(8 / Math.PI);
  const share = sigmoid(scale * (x + 0.044715 * x ** 3));
  const rest = sigmoid(-scale * (x + 0.044715 * x ** 3));
  return share * (1 + x * rest * scale * (1 + 3 * 0.044715 * x ** 2));
}
