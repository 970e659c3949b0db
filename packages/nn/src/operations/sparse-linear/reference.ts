import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { SparseLinearOperation } from "./operation.ts";

export function evaluateSparseLinear(
  { x, matrix, output }: SparseLinearOperation,
  context: ReferenceContext,
): FloatArray {
  const inputs = context.of(x);
  const y = context.zeros(output);
  const { starts, columns, values } = matrix;
  for (let vector = 0; vector < x.vectors; vector++) {
    for (let row = 0; row < matrix.rows; row++) {
      let sum = 0;
      for (let entry = starts[row] as number; entry < (starts[row + 1] as number); entry++) {
        const number = inputs[vector * x.features + (columns[entry] as number)] as number;
        sum += (values?.[entry] ?? 1) * number;
      }
      y[vector * matrix.rows + row] = sum;
    }
  }
  return y;
}
