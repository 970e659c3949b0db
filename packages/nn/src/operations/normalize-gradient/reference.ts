import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { normalizationOf } from "../shared/normalization.ts";
import { sumOf } from "../shared/sums.ts";
import type { NormalizeGradientOperation } from "./operation.ts";

export function evaluateNormalizeGradient(
  { x, dy, norm, epsilon, weight }: NormalizeGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const [values, gradients] = [context.of(x), context.of(dy)];
  const dx = context.zeros(x);
  const { features } = x;
  for (let start = 0; start < values.length; start += features) {
    const vector = values.subarray(start, start + features);
    const { mean, divisor } = normalizationOf(vector, norm, epsilon);
    const normal = Float64Array.from(vector, (value) => (value - mean) / divisor);
    const gradient = Float64Array.from(normal, (_, feature) => {
      return (gradients[start + feature] as number) * (weight?.values[feature] ?? 1);
    });
    const along = Float64Array.from(normal, (value, feature) => {
      return value * (gradient[feature] as number);
    });
    const offset = norm === "layer" ? sumOf(gradient, (value) => value) / features : 0;
    const total = sumOf(along, (value) => value);
    // A vector that is not longer than epsilon is divided by that, which does not depend on it.
    const short = norm === "l2" && divisor === epsilon;
    const share = norm === "l2" ? (short ? 0 : total) : total / features;
    for (let feature = 0; feature < features; feature++) {
      const rest = (gradient[feature] as number) - offset - (normal[feature] as number) * share;
      dx[start + feature] = rest / divisor;
    }
  }
  return dx;
}
