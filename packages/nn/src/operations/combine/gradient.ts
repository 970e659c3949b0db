import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { type CombineOperation, multiply } from "./operation.ts";

export function gradientOfCombine(
  { operation, x, other, path }: CombineOperation,
  dy: Value,
  to: GradientContext,
): void {
  const product = operation === "multiply";
  if (to.needs(x)) to.add(x, product ? multiply(dy, other, path) : dy);
  if (to.needs(other)) to.add(other, product ? multiply(dy, x, path) : dy);
}
