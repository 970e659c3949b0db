import type { FloatArray } from "@papilio/butterfly";
import { dropoutKeeps } from "@papilio/butterfly/numeric";
import type { ReferenceContext } from "../reference-context.ts";
import type { DropoutOperation } from "./operation.ts";

export function evaluateDropout(
  { x, seed, rate, stream }: DropoutOperation,
  context: ReferenceContext,
): FloatArray {
  const keeps = dropoutKeeps({ rate, stream }, context.indices(seed)[0] as number);
  return context
    .of(x)
    .map((number, index) => (keeps(index) ? number / (1 - rate) : 0)) as FloatArray;
}
