import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { CombineOperation } from "./operation.ts";

export function evaluateCombine(
  { x, other, operation }: CombineOperation,
  context: ReferenceContext,
): FloatArray {
  const [left, right] = [context.of(x), context.of(other)];
  return left.map((value, index) => {
    const second = right[index] as number;
    return operation === "add" ? value + second : value * second;
  }) as FloatArray;
}
