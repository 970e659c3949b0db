import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { firstLargest } from "../shared/first-largest.ts";
import type { AggregateLargestOperation } from "./operation.ts";

export function evaluateAggregateLargest(
  { x, dy, adjacency, output }: AggregateLargestOperation,
  context: ReferenceContext,
): FloatArray {
  const [inputs, gradients] = [context.of(x), context.of(dy)];
  const { rows, starts, columns, values } = adjacency;
  const { features } = x;
  const sums = new Float64Array(output.vectors * features);
  for (let row = 0; row < rows; row++) {
    const start = starts[row] as number;
    const count = (starts[row + 1] as number) - start;
    for (let feature = 0; feature < features; feature++) {
      const at = (edge: number): number => (columns[edge] as number) * features + feature;
      const weight = (edge: number): number => values?.[edge] ?? 1;
      const chosen = firstLargest(
        count,
        (index) => weight(start + index) * (inputs[at(start + index)] as number),
      );
      if (chosen === -1) continue;
      const edge = start + chosen;
      const gradient = weight(edge) * (gradients[row * features + feature] as number);
      sums[at(edge)] = (sums[at(edge)] as number) + gradient;
    }
  }
  const dx = context.zeros(output);
  dx.set(sums);
  return dx;
}
