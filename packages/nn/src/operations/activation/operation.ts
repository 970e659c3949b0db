import { requireObject } from "@papilio/butterfly/errors";
import { ACTIVATION_KINDS, type Activation } from "@papilio/butterfly/numeric";
import {
  type Check,
  type Checks,
  number,
  objectOf,
  oneOf,
  optional,
} from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

export interface ActivationOperation extends GraphOperation<"activation"> {
  readonly x: Value;
  readonly activation: Activation;
}

const FIELDS_OF_ACTIVATIONS: Readonly<Record<string, Checks>> = {
  relu: { upper: optional(number) },
  "leaky-relu": { negativeSlope: number },
  elu: { alpha: number },
  gelu: { approximate: oneOf("none", "tanh") },
};

export const activationCheck: Check = (name, value) => {
  requireObject(name, value, 'an activation such as { kind: "relu" }');
  const { kind } = value as { kind?: unknown };
  oneOf(...ACTIVATION_KINDS)(`kind of ${name}`, kind);
  objectOf(FIELDS_OF_ACTIVATIONS[kind as string] ?? {})(name, value);
};

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
