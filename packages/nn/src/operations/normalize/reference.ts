import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { normalizationOf } from "../shared/normalization.ts";
import type { NormalizeOperation } from "./operation.ts";

export function evaluateNormalize(
  { x, norm, epsilon, weight, bias }: NormalizeOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(x);
  const { features } = x;
  for (let start = 0; start < values.length; start += features) {
    const vector = values.subarray(start, start + features);
    const { mean, divisor } = normalizationOf(vector, norm, epsilon);
    for (let feature = 0; feature < features; feature++) {
      const scaled = ((vector[feature] as number) - mean) / divisor;
      const weighted = scaled * (weight?.values[feature] ?? 1);
      y[start + feature] = weighted + (bias?.values[feature] ?? 0);
    }
  }
  return y;
}
