import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { squaredErrorGradient } from "../squared-error-gradient/operation.ts";
import type { SquaredErrorOperation } from "./operation.ts";

export function gradientOfSquaredError(
  { x, target, path }: SquaredErrorOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (to.needs(x)) to.add(x, squaredErrorGradient(x, target, dy, path));
  if (to.needs(target)) to.add(target, squaredErrorGradient(target, x, dy, path));
}
