import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { SoftmaxGradientOperation } from "./operation.ts";

export function evaluateSoftmaxGradient(
  { y, dy, log }: SoftmaxGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const [values, gradients] = [context.of(y), context.of(dy)];
  const dx = context.zeros(y);
  const { features } = y;
  for (let start = 0; start < values.length; start += features) {
    const end = start + features;
    let sum = 0;
    for (let at = start; at < end; at++) {
      sum += (gradients[at] as number) * (log ? 1 : (values[at] as number));
    }
    for (let at = start; at < end; at++) {
      const [value, gradient] = [values[at] as number, gradients[at] as number];
      dx[at] = log ? gradient - Math.exp(value) * sum : value * (gradient - sum);
    }
  }
  return dx;
}
