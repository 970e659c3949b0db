import type { Value } from "../../graph/value.ts";
import { activationGradient } from "../activation-gradient/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import type { ActivationOperation } from "./operation.ts";

export function gradientOfActivation(
  { x, activation, path }: ActivationOperation,
  dy: Value,
  to: GradientContext,
): void {
  to.add(x, activationGradient(x, dy, activation, path));
}
