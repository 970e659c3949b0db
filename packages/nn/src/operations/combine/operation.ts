import { oneOf } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** Element by element. */
export interface CombineOperation extends GraphOperation<"combine"> {
  readonly operation: "add" | "multiply";
  readonly x: Value;
  readonly other: Value;
}

/** What a graph must know of the operation. */
export const combineDefinition: OperationDefinition<CombineOperation> = {
  kind: "combine",
  fields: {
    operation: oneOf("add", "multiply"),
    x: valueCheck,
    other: valueCheck,
  },
  operands: ({ x, other }) => [x, other],
};

export function add(x: Value, other: Value, path: string = ""): Value {
  requireSameShape(path, x, other);
  return x.graph.add(combineDefinition, { path, operation: "add", x, other }, x);
}

export function multiply(x: Value, other: Value, path: string = ""): Value {
  requireSameShape(path, x, other);
  return x.graph.add(combineDefinition, { path, operation: "multiply", x, other }, x);
}
