import type { FloatArray } from "@papilio/butterfly";
import type { AggregateOperation } from "../../graph/operation.ts";
import type { ReferenceContext } from "../reference-context.ts";
import { reduceNumbers } from "../shared/reduce.ts";

export function evaluateAggregate(
  { x, graph, reduce, output }: AggregateOperation,
  context: ReferenceContext,
): FloatArray {
  const inputs = context.of(x);
  const y = context.zeros(output);
  const { starts, columns, values } = graph;
  for (let row = 0; row < graph.rows; row++) {
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
