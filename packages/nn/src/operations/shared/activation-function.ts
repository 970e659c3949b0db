import type { Activation } from "@papilio/butterfly/numeric";

/** An activation in float64. */
export function activationFunction(activation: Activation): (x: number) => number {
  switch (activation.kind) {
    case "relu": {
      const { upper = Number.POSITIVE_INFINITY } = activation;
      return (x) => Math.min(Math.max(0, x), upper);
    }
    case "leaky-relu":
      return (x) => (x > 0 ? x : activation.negativeSlope * x);
    case "elu":
      return (x) => (x > 0 ? x : activation.alpha * Math.expm1(x));
    case "gelu":
      return activation.approximate === "tanh"
        ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
        : (x) => 0.5 * x * erfc(-x * Math.SQRT1_2);
    case "silu":
      return (x) => x / (1 + Math.exp(-x));
    case "sigmoid":
      return (x) => 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh;
  }
}

/** Terms of the continued fraction of {@link erfc}, which change nothing in float64 beyond. */
const TERMS = 60;

/**
 * The complementary error function in float64: the Taylor series of erf near 0, and the continued
 * fraction of erfc elsewhere (Abramowitz and Stegun, 7.1.6 and 7.1.14).
 */
function erfc(x: number): number {
  const z = Math.abs(x);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; term > sum * Number.EPSILON; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    const erf = (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
    return x < 0 ? 1 + erf : 1 - erf;
  }
  let fraction = z;
  for (let n = TERMS; n >= 1; n--) fraction = z + n / 2 / fraction;
  const tail = Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
  return x < 0 ? 2 - tail : tail;
}
