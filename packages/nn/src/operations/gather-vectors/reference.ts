import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { GatherVectorsOperation } from "./operation.ts";

export function evaluateGatherVectors(
  { source, indices, output }: GatherVectorsOperation,
  context: ReferenceContext,
): FloatArray {
  const table = "graph" in source ? context.of(source) : source.values;
  const y = context.zeros(output);
  const { features } = output;
  context.indices(indices).forEach((row, vector) => {
    y.set(table.subarray(row * features, (row + 1) * features), vector * features);
  });
  return y;
}
