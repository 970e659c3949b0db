import { flag } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** The gradient of what softmax was computed of, from its result. */
export interface SoftmaxGradientOperation extends GraphOperation<"softmax-gradient"> {
  /** What softmax, or its logarithm, has computed. */
  readonly y: Value;
  readonly dy: Value;
  readonly log: boolean;
}

/** What a graph must know of the operation. */
export const softmaxGradientDefinition: OperationDefinition<SoftmaxGradientOperation> = {
  kind: "softmax-gradient",
  fields: { y: valueCheck, dy: valueCheck, log: flag },
  operands: ({ y, dy }) => [y, dy],
};

/** `y · (dy - Σ y dy)` over the features of each vector; where y is the logarithm, `dy - exp(y) Σ dy`. */
export function softmaxGradient(y: Value, dy: Value, log: boolean, path: string = ""): Value {
  requireSameShape(path, y, dy);
  return y.graph.add(softmaxGradientDefinition, { path, y, dy, log }, y);
}
