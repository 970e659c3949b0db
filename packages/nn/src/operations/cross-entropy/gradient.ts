import type { Value } from "../../graph/value.ts";
import { crossEntropyGradient } from "../cross-entropy-gradient/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import type { CrossEntropyOperation } from "./operation.ts";

export function gradientOfCrossEntropy(
  { x, labels, smoothing, ignored, path }: CrossEntropyOperation,
  dy: Value,
  to: GradientContext,
): void {
  to.add(x, crossEntropyGradient(x, labels, dy, { path, smoothing, ignored }));
}
