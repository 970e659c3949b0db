import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { LabelWeightsOperation } from "./operation.ts";

export function evaluateLabelWeights(
  { labels, classes, ignored, output }: LabelWeightsOperation,
  context: ReferenceContext,
): FloatArray {
  const numbers = context.indices(labels);
  const counts = (label: number): boolean => label !== ignored && label < classes;
  const weight = numbers.length / numbers.filter(counts).length;
  const weights = context.zeros(output);
  numbers.forEach((label, vector) => {
    weights[vector] = counts(label) ? weight : 0;
  });
  return weights;
}
