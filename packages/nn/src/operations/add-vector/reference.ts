import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { AddVectorOperation } from "./operation.ts";

export function evaluateAddVector(
  { x, vector }: AddVectorOperation,
  context: ReferenceContext,
): FloatArray {
  const { values } = vector;
  return context
    .of(x)
    .map((value, index) => value + (values[index % x.features] as number)) as FloatArray;
}
