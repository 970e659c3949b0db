import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { ScatterVectorsOperation } from "./operation.ts";

export function evaluateScatterVectors(
  { x, indices, rows, output }: ScatterVectorsOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const sums = new Float64Array(output.vectors * output.features);
  context.indices(indices).forEach((row, vector) => {
    if (row >= rows) return;
    for (let feature = 0; feature < x.features; feature++) {
      const at = row * x.features + feature;
      sums[at] = (sums[at] as number) + (values[vector * x.features + feature] as number);
    }
  });
  const y = context.zeros(output);
  y.set(sums);
  return y;
}
