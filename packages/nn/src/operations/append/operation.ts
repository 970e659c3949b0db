import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireFeatures, requirePositions } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** Writes vectors into what is kept from run to run. The output is the whole of it. */
export interface AppendOperation extends GraphOperation<"append"> {
  readonly x: Value;
  readonly state: Value;
  /** Where the first vector goes, or each of them. */
  readonly position: Indices;
}

/** What a graph must know of the operation. */
export const appendDefinition: OperationDefinition<AppendOperation> = {
  kind: "append",
  fields: {
    x: valueCheck,
    state: valueCheck,
    position: indicesCheck,
  },
  operands: ({ x, state }) => [x, state],
};

/**
 * Writes the vectors of x into a state, from `position` on; those past its end are dropped. With as many positions as
 * vectors, each goes to its own, which differ; one whose position is the number of vectors of the state is dropped.
 */
export function append(x: Value, state: Value, position: Indices, path: string = ""): Value {
  valueCheck("The state", state);
  indicesCheck("The position", position);
  requireFeatures(path, x, state.features);
  const isOne = position.length === 1;
  requirePositions(path, position, x.vectors, isOne ? state.vectors : state.vectors + 1);
  return x.graph.add(appendDefinition, { path, x, state, position }, state);
}
