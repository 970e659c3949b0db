import type { Activation } from "@papilio/butterfly/numeric";
import { valueCheck } from "../../graph/operand-checks.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { activationCheck } from "../shared/activation-check.ts";

export interface ActivationOperation extends GraphOperation<"activation"> {
  readonly x: Value;
  readonly activation: Activation;
}

/** What a graph must know of the operation. */
export const activationDefinition: OperationDefinition<ActivationOperation> = {
  kind: "activation",
  fields: {
    x: valueCheck,
    activation: activationCheck,
  },
  operands: ({ x }) => [x],
};

export function activate(x: Value, activation: Activation, path: string = ""): Value {
  valueCheck("The value", x);
  return x.graph.add(activationDefinition, { path, x, activation }, x);
}
