import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { scatterVectors } from "../scatter-vectors/operation.ts";
import type { GatherVectorsOperation } from "./operation.ts";

/** Of each row the sum of what came of it. */
export function gradientOfGatherVectors(
  { source, indices, path }: GatherVectorsOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (!to.needs(source)) return;
  if ("graph" in source) {
    to.add(source, scatterVectors(dy, indices, { path, rows: source.vectors }));
  } else {
    const rows = source.shape[0] as number;
    to.addParameter(source, scatterVectors(dy, indices, { path, rows, flat: true }));
  }
}
