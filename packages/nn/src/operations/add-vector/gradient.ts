import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { reduceVectors } from "../reduce-vectors/operation.ts";
import type { AddVectorOperation } from "./operation.ts";

export function gradientOfAddVector(
  { x, vector, path }: AddVectorOperation,
  dy: Value,
  to: GradientContext,
): void {
  to.add(x, dy);
  if (!to.needs(vector)) return;
  to.addParameter(vector, reduceVectors(dy, { path, reduce: "sum", period: dy.vectors }));
}
