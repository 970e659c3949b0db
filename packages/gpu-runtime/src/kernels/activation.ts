import type { Activation } from "@papilio/butterfly/numeric";
import { isNanWgsl } from "./not-a-number.ts";
import { wideType } from "./wgsl.ts";

/** A name for labels, such as `gelu-tanh`. */
export function activationName(activation: Activation): string {
  switch (activation.kind) {
    case "gelu":
      return activation.approximate === "tanh" ? "gelu-tanh" : "gelu";
    case "relu":
      return activation.upper === undefined ? "relu" : `relu${activation.upper}`;
    default:
      return activation.kind;
  }
}

/** WGSL that declares `fn activate(x)` for `width` numbers side by side in float32. NaN stays NaN. */
export function activationWgsl(activation: Activation, width: number): string {
  const type = wideType(width);
  return `fn activate(x: ${type}) -> ${type} {
  ${body(activation, type)}
  return select(y, x, ${isNanWgsl("x", width)});
}
`;
}

/** Where tanh is 1 in float32, and exp far from overflowing, which some drivers' tanh does not mind. */
const TANH_BOUND = 10;

/** Where the complementary error function has long been zero in float32. */
const TAIL_BOUND = 100;

/** WGSL that declares `tail`, twice the normal distribution of -|x|. */
export const tailWgsl: string = `let z = abs(x) * ${literal(Math.SQRT1_2)};
  let t = 1.0 / (1.0 + 0.3275911 * z);
  // The complementary error function of z >= 0, within 1.5e-7 (Abramowitz and Stegun, 7.1.26).
  let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * exp(-z * z);`;

/** WGSL that declares `y`. */
function body(activation: Activation, type: string): string {
  const all = (value: number): string => `${type}(${literal(value)})`;
  const tanh = (x: string): string => `tanh(clamp(${x}, ${all(-TANH_BOUND)}, ${all(TANH_BOUND)}))`;
  switch (activation.kind) {
    case "relu": {
      const { upper } = activation;
      const positive = `max(x, ${all(0)})`;
      return `let y = ${upper === undefined ? positive : `min(${positive}, ${all(upper)})`};`;
    }
    case "leaky-relu":
      return `let y = select(${all(activation.negativeSlope)} * x, x, x > ${all(0)});`;
    case "elu":
      return `let y = select(${all(activation.alpha)} * (exp(min(x, ${all(0)})) - 1.0), x, x > ${all(0)});`;
    case "gelu":
      if (activation.approximate === "tanh") {
        return `let y = 0.5 * x * (1.0 + ${tanh(`${literal(Math.sqrt(2 / Math.PI))} * (x + 0.044715 * x * x * x)`)});`;
      }
      return `${tailWgsl}
  // Bounded, so that infinity times the tail, which is zero there, is not NaN.
  let y = select(0.5 * x * tail, x - 0.5 * min(x, ${all(TAIL_BOUND)}) * tail, x > ${all(0)});`;
    case "silu":
      return `let y = x / (1.0 + exp(-x));`;
    case "sigmoid":
      return `let y = 1.0 / (1.0 + exp(-x));`;
    case "tanh":
      return `let y = ${tanh("x")};`;
  }
}

/** A number as a WGSL literal of type f32. */
export function literal(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
