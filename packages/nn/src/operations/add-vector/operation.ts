import { parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireLength } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";

/** Adds a vector to every vector: a bias on its own. */
export interface AddVectorOperation extends GraphOperation<"add-vector"> {
  readonly x: Value;
  readonly vector: Parameter;
}

/** What a graph must know of the operation. */
export const addVectorDefinition: OperationDefinition<AddVectorOperation> = {
  kind: "add-vector",
  fields: {
    x: valueCheck,
    vector: parameterCheck,
  },
  operands: ({ x }) => [x],
  parameters: ({ vector }) => [vector],
};

/** Adds `[features]` to every vector. */
export function addVector(x: Value, vector: Parameter, path: string = ""): Value {
  valueCheck("The value", x);
  requireLength(path, "vector", vector, x.features);
  return x.graph.add(addVectorDefinition, { path, x, vector }, x);
}
