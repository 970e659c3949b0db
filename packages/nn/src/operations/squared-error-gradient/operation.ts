import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape, requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** The gradient of x, of the vectors whose squared error was computed. */
export interface SquaredErrorGradientOperation extends GraphOperation<"squared-error-gradient"> {
  readonly x: Value;
  readonly target: Value;
  /** The gradient of each vector's loss. */
  readonly loss: Value;
}

/** What a graph must know of the operation. */
export const squaredErrorGradientDefinition: OperationDefinition<SquaredErrorGradientOperation> = {
  kind: "squared-error-gradient",
  fields: { x: valueCheck, target: valueCheck, loss: valueCheck },
  operands: ({ x, target, loss }) => [x, target, loss],
};

/** `2 (x - target) · loss / features`, of each vector; that of the target is the same of both exchanged. */
export function squaredErrorGradient(
  x: Value,
  target: Value,
  loss: Value,
  path: string = "",
): Value {
  requireSameShape(path, x, target);
  requireShape(path, loss, x.vectors, 1);
  return x.graph.add(squaredErrorGradientDefinition, { path, x, target, loss }, x);
}
