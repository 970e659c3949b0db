import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** The mean of the squared differences of each vector: a number for each. */
export interface SquaredErrorOperation extends GraphOperation<"squared-error"> {
  readonly x: Value;
  readonly target: Value;
}

/** What a graph must know of the operation. */
export const squaredErrorDefinition: OperationDefinition<SquaredErrorOperation> = {
  kind: "squared-error",
  fields: { x: valueCheck, target: valueCheck },
  operands: ({ x, target }) => [x, target],
  flops: ({ x }) => 3 * x.vectors * x.features,
};

/** The mean of `(x - target)²` over the features of each vector. */
export function squaredError(x: Value, target: Value, path: string = ""): Value {
  requireSameShape(path, x, target);
  const shape = { vectors: x.vectors, features: 1 };
  return x.graph.add(squaredErrorDefinition, { path, x, target }, shape);
}
