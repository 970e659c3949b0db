import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { softmaxGradient } from "../softmax-gradient/operation.ts";
import type { SoftmaxOperation } from "./operation.ts";

export function gradientOfSoftmax(
  { x, log, output, path }: SoftmaxOperation,
  dy: Value,
  to: GradientContext,
): void {
  to.add(x, softmaxGradient(output, dy, log, path));
}
