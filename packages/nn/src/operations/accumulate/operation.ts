import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape, requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { SETTINGS } from "../step-settings/operation.ts";

/** The sum of a vector over runs, in what is kept from run to run. The output is the sum. */
export interface AccumulateOperation extends GraphOperation<"accumulate"> {
  readonly x: Value;
  readonly state: Value;
  /** What a step is given: the fifth number is 0 where the sum begins. */
  readonly given: Value;
}

/** What a graph must know of the operation. */
export const accumulateDefinition: OperationDefinition<AccumulateOperation> = {
  kind: "accumulate",
  fields: { x: valueCheck, state: valueCheck, given: valueCheck },
  operands: ({ x, state, given }) => [x, state, given],
  flops: ({ x }) => x.features,
};

/** Adds one vector to a state, or begins with it, as what the step is given says. */
export function accumulate(x: Value, state: Value, given: Value): Value {
  valueCheck("The state", state);
  requireShape("", x, 1, x.features);
  requireSameShape("", x, state);
  requireShape("", given, 1, SETTINGS);
  return x.graph.add(accumulateDefinition, { path: "", x, state, given }, x);
}
