import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { AggregateHeadsOperation } from "./operation.ts";

export function evaluateAggregateHeads(
  { x, weights, matrix, numbers, heads, output }: AggregateHeadsOperation,
  context: ReferenceContext,
): FloatArray {
  const [inputs, given] = [context.of(x), context.of(weights)];
  const y = context.zeros(output);
  const { features } = x;
  for (let row = 0; row < matrix.rows; row++) {
    for (let feature = 0; feature < features; feature++) {
      const head = Math.floor((feature * heads) / features);
      let sum = 0;
      for (
        let edge = matrix.starts[row] as number;
        edge < (matrix.starts[row + 1] as number);
        edge++
      ) {
        const weight = given[(numbers[edge] as number) * weights.features + head] as number;
        sum += weight * (inputs[(matrix.columns[edge] as number) * features + feature] as number);
      }
      y[row * features + feature] = sum;
    }
  }
  return y;
}
