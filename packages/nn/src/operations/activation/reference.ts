import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { activationFunction } from "../shared/activation-function.ts";
import type { ActivationOperation } from "./operation.ts";

export function evaluateActivation(
  { x, activation: kind }: ActivationOperation,
  context: ReferenceContext,
): FloatArray {
  const apply = activationFunction(kind);
  return context.of(x).map(apply) as FloatArray;
}
