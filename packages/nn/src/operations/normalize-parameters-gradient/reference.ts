import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { normalizationOf } from "../shared/normalization.ts";
import type { NormalizeParametersGradientOperation } from "./operation.ts";

export function evaluateNormalizeParametersGradient(
  { x, dy, norm, epsilon, bias, output }: NormalizeParametersGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const [values, gradients] = [context.of(x), context.of(dy)];
  const sums = new Float64Array(output.features);
  const { features } = x;
  for (let start = 0; start < values.length; start += features) {
    const vector = values.subarray(start, start + features);
    const { mean, divisor } = normalizationOf(vector, norm, epsilon);
    for (let feature = 0; feature < features; feature++) {
      const gradient = gradients[start + feature] as number;
      const normal = ((vector[feature] as number) - mean) / divisor;
      sums[feature] = (sums[feature] as number) + gradient * normal;
      if (bias) sums[features + feature] = (sums[features + feature] as number) + gradient;
    }
  }
  const result = context.zeros(output);
  result.set(sums);
  return result;
}
