import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { SquaredErrorOperation } from "./operation.ts";

export function evaluateSquaredError(
  { x, target, output }: SquaredErrorOperation,
  context: ReferenceContext,
): FloatArray {
  const [values, targets] = [context.of(x), context.of(target)];
  const { features } = x;
  const losses = context.zeros(output);
  for (let vector = 0; vector < x.vectors; vector++) {
    let sum = 0;
    for (let at = vector * features; at < (vector + 1) * features; at++) {
      sum += ((values[at] as number) - (targets[at] as number)) ** 2;
    }
    losses[vector] = sum / features;
  }
  return losses;
}
