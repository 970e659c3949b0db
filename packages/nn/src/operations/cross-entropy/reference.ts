import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { largestOf, sumOf } from "../shared/sums.ts";
import type { CrossEntropyOperation } from "./operation.ts";

export function evaluateCrossEntropy(
  { x, labels, smoothing, ignored, output }: CrossEntropyOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const { features } = x;
  const losses = context.zeros(output);
  context.indices(labels).forEach((label, vector) => {
    if (label === ignored || label >= features) return;
    const logits = values.subarray(vector * features, (vector + 1) * features);
    const most = largestOf(logits);
    const total = sumOf(logits, (logit) => Math.exp(logit - most));
    const wanted = (1 - smoothing) * (most - (logits[label] as number));
    const even = smoothing > 0 ? sumOf(logits, (logit) => most - logit) / features : 0;
    losses[vector] = Math.log(total) + wanted + smoothing * even;
  });
  return losses;
}
