import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { largestOf, sumOf } from "../shared/sums.ts";
import type { CrossEntropyGradientOperation } from "./operation.ts";

export function evaluateCrossEntropyGradient(
  { x, labels, loss, smoothing, ignored }: CrossEntropyGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const [values, gradients] = [context.of(x), context.of(loss)];
  const { features } = x;
  const dx = context.zeros(x);
  context.indices(labels).forEach((label, vector) => {
    if (label === ignored || label >= features) return;
    const start = vector * features;
    const logits = values.subarray(start, start + features);
    const most = largestOf(logits);
    const total = sumOf(logits, (logit) => Math.exp(logit - most));
    for (let feature = 0; feature < features; feature++) {
      const share = Math.exp((logits[feature] as number) - most) / total;
      const wanted = smoothing / features + (feature === label ? 1 - smoothing : 0);
      dx[start + feature] = (share - wanted) * (gradients[vector] as number);
    }
  });
  return dx;
}
