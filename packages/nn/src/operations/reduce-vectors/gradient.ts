import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { spreadVectors } from "../spread-vectors/operation.ts";
import type { ReduceVectorsOperation } from "./operation.ts";

export function gradientOfReduceVectors(
  { x, reduce, period, lengths, path }: ReduceVectorsOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (to.needs(x)) to.add(x, spreadVectors(dy, { path, reduce, period, lengths, x }));
}
