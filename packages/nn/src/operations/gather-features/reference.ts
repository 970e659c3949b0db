import type { FloatArray } from "@papilio/butterfly";
import { ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import type { ReferenceContext } from "../reference-context.ts";
import type { GatherFeaturesOperation } from "./operation.ts";

export function evaluateGatherFeatures(
  { x, map, output }: GatherFeaturesOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(output);
  for (let vector = 0; vector < x.vectors; vector++) {
    map.forEach((feature, index) => {
      if (feature === ZERO_FEATURE) return;
      y[vector * map.length + index] = values[vector * x.features + feature] as number;
    });
  }
  return y;
}
