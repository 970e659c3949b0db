import type { Pattern } from "@papilio/butterfly";
import { patternCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireFeatures, requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** The gradient of the values of a Kronecker-sparse factor, or of a dense matrix, which is one. */
export interface FactorGradientOperation extends GraphOperation<"factor-gradient"> {
  readonly x: Value;
  readonly dy: Value;
  readonly pattern: Pattern;
}

/** What a graph must know of the operation. */
export const factorGradientDefinition: OperationDefinition<FactorGradientOperation> = {
  kind: "factor-gradient",
  fields: { x: valueCheck, dy: valueCheck, pattern: patternCheck },
  operands: ({ x, dy }) => [x, dy],
  flops: ({ x, output }) => 2 * x.vectors * output.features,
};

/**
 * `dK[i, j, l, k] = Σ dy[v, i, j, k] x[v, i, l, k]` over all vectors `v`, for a factor of `y = K x`: one vector of the
 * `a b c d` values.
 */
export function factorGradient(x: Value, dy: Value, pattern: Pattern, path: string = ""): Value {
  patternCheck("The pattern", pattern);
  requireFeatures(path, x, pattern.cols);
  requireShape(path, dy, x.vectors, pattern.rows);
  const shape = { vectors: 1, features: pattern.nonZeros };
  return x.graph.add(factorGradientDefinition, { path, x, dy, pattern }, shape);
}
