import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { reduceNumbers } from "../shared/reduce.ts";
import type { AggregateOperation } from "./operation.ts";

export function evaluateAggregate(
  { x, adjacency, reduce, output }: AggregateOperation,
  context: ReferenceContext,
): FloatArray {
  const inputs = context.of(x);
  const y = context.zeros(output);
  const { starts, columns, values } = adjacency;
  for (let row = 0; row < adjacency.rows; row++) {
    const start = starts[row] as number;
    const count = (starts[row + 1] as number) - start;
    for (let feature = 0; feature < x.features; feature++) {
      y[row * x.features + feature] = reduceNumbers(reduce, count, (index) => {
        const number = inputs[(columns[start + index] as number) * x.features + feature] as number;
        return (values?.[start + index] ?? 1) * number;
      });
    }
  }
  return y;
}
