import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireFeatures, requirePosition } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** Writes vectors into what is kept from run to run. The output is the whole of it. */
export interface AppendOperation extends GraphOperation<"append"> {
  readonly x: Value;
  readonly state: Value;
  /** Where the first vector goes. */
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

/** Writes the vectors of x into a state, from `position` on; those past its end are dropped. */
export function append(x: Value, state: Value, position: Indices, path: string = ""): Value {
  valueCheck("The state", state);
  indicesCheck("The position", position);
  requireFeatures(path, x, state.features);
  requirePosition(path, position, state.vectors);
  return x.graph.add(appendDefinition, { path, x, state, position }, state);
}
