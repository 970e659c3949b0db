import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { firstPosition } from "../shared/positions.ts";
import type { AddPositionsOperation } from "./operation.ts";

export function evaluateAddPositions(
  { x, table, period, prepended, position, output }: AddPositionsOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(output);
  const { features } = x;
  const longer = prepended === undefined ? 0 : 1;
  for (let vector = 0; vector < output.vectors; vector++) {
    const sequence = Math.floor(vector / (period + longer));
    const place = vector % (period + longer);
    const start = firstPosition(position, context, sequence);
    for (let feature = 0; feature < features; feature++) {
      const own =
        place < longer
          ? prepended?.values[feature]
          : values[(sequence * period + place - longer) * features + feature];
      const added = table.values[(start + place) * features + feature] as number;
      y[vector * features + feature] = (own as number) + added;
    }
  }
  return y;
}
