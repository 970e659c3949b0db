import { transposed } from "../../adjacency/transposed.ts";
import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { type SparseLinearOperation, sparseLinear } from "./operation.ts";

/** By the transposed matrix, whose values do not change. */
export function gradientOfSparseLinear(
  { x, matrix, path }: SparseLinearOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (to.needs(x)) to.add(x, sparseLinear(dy, transposed(matrix).matrix, path));
}
