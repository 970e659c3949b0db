import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import type { SquaredErrorGradientOperation } from "./operation.ts";

export function evaluateSquaredErrorGradient(
  { x, target, loss }: SquaredErrorGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const [values, targets, gradients] = [context.of(x), context.of(target), context.of(loss)];
  const { features } = x;
  return context.zeros(x).map((_, at) => {
    const difference = (values[at] as number) - (targets[at] as number);
    return (2 / features) * difference * (gradients[Math.floor(at / features)] as number);
  }) as FloatArray;
}
