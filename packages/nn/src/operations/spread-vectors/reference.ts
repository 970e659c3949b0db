import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { firstLargest } from "../shared/first-largest.ts";
import type { SpreadVectorsOperation } from "./operation.ts";

export function evaluateSpreadVectors(
  { dy, reduce, period, lengths, x, output }: SpreadVectorsOperation,
  context: ReferenceContext,
): FloatArray {
  const gradients = context.of(dy);
  const values = x && context.of(x);
  const counts = lengths && context.indices(lengths);
  const dx = context.zeros(output);
  const { features } = dy;
  for (let sequence = 0; sequence < dy.vectors; sequence++) {
    const count = counts?.[sequence] ?? period;
    for (let feature = 0; feature < features; feature++) {
      const at = (vector: number): number => (sequence * period + vector) * features + feature;
      const gradient = gradients[sequence * features + feature] as number;
      const chosen = values && firstLargest(count, (vector) => values[at(vector)] as number);
      for (let vector = 0; vector < count; vector++) {
        if (chosen !== undefined && vector !== chosen) continue;
        dx[at(vector)] = reduce === "mean" ? gradient / count : gradient;
      }
    }
  }
  return dx;
}
