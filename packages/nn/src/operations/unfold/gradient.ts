import type { Value } from "../../graph/value.ts";
import { fold } from "../fold/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import type { UnfoldOperation } from "./operation.ts";

/** Of each pixel the sum over the windows that have it. */
export function gradientOfUnfold(
  { x, window, source, path }: UnfoldOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (to.needs(x)) to.add(x, fold(dy, window, { path, source }));
}
