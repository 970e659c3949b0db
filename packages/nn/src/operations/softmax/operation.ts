import { requireOptions } from "@papilio/butterfly/errors";
import { flag } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** Over the features of each vector. */
export interface SoftmaxOperation extends GraphOperation<"softmax"> {
  readonly x: Value;
  readonly log: boolean;
}

/** What a graph must know of the operation. */
export const softmaxDefinition: OperationDefinition<SoftmaxOperation> = {
  kind: "softmax",
  fields: {
    x: valueCheck,
    log: flag,
  },
  operands: ({ x }) => [x],
};

/** Over the features of each vector; its logarithm with `log`. */
export function softmax(x: Value, options: SoftmaxOptions = {}): Value {
  valueCheck("The value", x);
  requireOptions("What softmax is given", options);
  const { path = "", log = false } = options;
  return x.graph.add(softmaxDefinition, { path, x, log }, x);
}

export interface SoftmaxOptions {
  readonly path?: string;
  readonly log?: boolean;
}
