import type { Activation } from "@papilio/butterfly/numeric";
import { literal, tailWgsl } from "./activation.ts";
import { isNanWgsl } from "./not-a-number.ts";
import { wideType } from "./wgsl.ts";

/** Where the slopes of smooth activations have long been those at infinity, in float32. */
const BOUND = 80;
/** The same of GELU's, before the powers of its argument overflow. */
const GELU_BOUND = 14;

/**
 * WGSL that declares `fn slope(x)`, the derivative of an activation, for `width` numbers side by side in float32. At
 * infinity it is the limit, at the kinks of ReLU it is 0; NaN stays NaN.
 */
export function activationSlopeWgsl(activation: Activation, width: number): string {
  const type = wideType(width);
  return `fn slope(number: ${type}) -> ${type} {
  ${body(activation, type)}
  return select(y, number, ${isNanWgsl("number", width)});
}
`;
}

/** WGSL that declares `y`. */
function body(activation: Activation, type: string): string {
  const all = (value: number): string => `${type}(${literal(value)})`;
  const within = (bound: number): string => `let x = clamp(number, ${all(-bound)}, ${all(bound)});`;
  const positive = `number > ${all(0)}`;
  switch (activation.kind) {
    case "relu": {
      const rising = `select(${all(0)}, ${all(1)}, ${positive})`;
      const { upper } = activation;
      if (upper === undefined) return `let y = ${rising};`;
      return `let y = select(${all(0)}, ${rising}, number < ${all(upper)});`;
    }
    case "leaky-relu":
      return `let y = select(${all(activation.negativeSlope)}, ${all(1)}, ${positive});`;
    case "elu":
      return `let power = exp(clamp(number, ${all(-BOUND)}, ${all(0)}));
  let y = select(${all(activation.alpha)} * power, ${all(1)}, ${positive});`;
    case "gelu":
      if (activation.approximate === "tanh") {
        const scale = Math.sqrt(8 / Math.PI);
        return `${within(GELU_BOUND)}
  // (1 + tanh(z)) / 2 is 1 / (1 + exp(-2 z)), and so is its rest of 1.
  let argument = ${literal(scale)} * x * (1.0 + 0.044715 * x * x);
  let rise = ${literal(scale)} * (1.0 + ${literal(3 * 0.044715)} * x * x);
  let power = exp(-abs(argument));
  let less = power / (1.0 + power);
  let share = select(less, 1.0 - less, argument > ${all(0)});
  let rest = select(1.0 - less, less, argument > ${all(0)});
  let y = share * (1.0 + x * rise * rest);`;
      }
      return `${within(GELU_BOUND)}
  ${tailWgsl}
  let density = ${literal(1 / Math.sqrt(2 * Math.PI))} * exp(-0.5 * x * x);
  let y = select(0.5 * tail, 1.0 - 0.5 * tail, ${positive}) + x * density;`;
    case "silu":
      return `${within(BOUND)}
  let share = 1.0 / (1.0 + exp(-x));
  let y = share * (1.0 + x * (1.0 - share));`;
    case "sigmoid":
      return `let power = exp(-min(abs(number), ${all(BOUND)}));
  let y = power / ((1.0 + power) * (1.0 + power));`;
    case "tanh":
      return `let power = exp(-min(2.0 * abs(number), ${all(BOUND)}));
  let y = 4.0 * power / ((1.0 + power) * (1.0 + power));`;
  }
}
