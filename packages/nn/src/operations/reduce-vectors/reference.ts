import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { reduceNumbers } from "../shared/reduce.ts";
import type { ReduceVectorsOperation } from "./operation.ts";

export function evaluateReduceVectors(
  { x, reduce, period, lengths, output }: ReduceVectorsOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(output);
  const counts = lengths && context.indices(lengths);
  for (let sequence = 0; sequence < output.vectors; sequence++) {
    const count = counts?.[sequence] ?? period;
    for (let feature = 0; feature < x.features; feature++) {
      y[sequence * x.features + feature] = reduceNumbers(reduce, count, (vector) => {
        return values[(sequence * period + vector) * x.features + feature] as number;
      });
    }
  }
  return y;
}
