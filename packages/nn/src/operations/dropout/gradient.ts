import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { type DropoutOperation, dropout } from "./operation.ts";

export function gradientOfDropout(
  { x, seed, rate, stream, path }: DropoutOperation,
  dy: Value,
  to: GradientContext,
): void {
  to.add(x, dropout(dy, { seed, rate, stream, path }));
}
