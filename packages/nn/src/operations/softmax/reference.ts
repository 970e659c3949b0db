import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { largestOf, sumOf } from "../shared/sums.ts";
import type { SoftmaxOperation } from "./operation.ts";

export function evaluateSoftmax(
  { x, log }: SoftmaxOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(x);
  const { features } = x;
  for (let start = 0; start < values.length; start += features) {
    const vector = values.subarray(start, start + features);
    const most = largestOf(vector);
    const sum = sumOf(vector, (value) => Math.exp(value - most));
    for (let feature = 0; feature < features; feature++) {
      const difference = (vector[feature] as number) - most;
      y[start + feature] = log ? difference - Math.log(sum) : Math.exp(difference) / sum;
    }
  }
  return y;
}
