import type { Activation } from "@papilio/butterfly/numeric";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { activationCheck } from "../shared/activation-check.ts";

/** The gradient of an activation: `dy · f′(x)`. */
export interface ActivationGradientOperation extends GraphOperation<"activation-gradient"> {
  readonly x: Value;
  readonly dy: Value;
  readonly activation: Activation;
}

/** What a graph must know of the operation. */
export const activationGradientDefinition: OperationDefinition<ActivationGradientOperation> = {
  kind: "activation-gradient",
  fields: { x: valueCheck, dy: valueCheck, activation: activationCheck },
  operands: ({ x, dy }) => [x, dy],
};

/**
 * The gradient of x, from that of what the activation makes of it. The derivative is 0 where ReLU has a kink, its limit
 * at infinity, and NaN of NaN.
 */
export function activationGradient(
  x: Value,
  dy: Value,
  activation: Activation,
  path: string = "",
): Value {
  requireSameShape(path, x, dy);
  return x.graph.add(activationGradientDefinition, { path, x, dy, activation }, x);
}
