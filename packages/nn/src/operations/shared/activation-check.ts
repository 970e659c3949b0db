import { requireObject } from "@papilio/butterfly/errors";
import { ACTIVATION_KINDS } from "@papilio/butterfly/numeric";
import {
  type Check,
  type Checks,
  number,
  objectOf,
  oneOf,
  optional,
} from "../../arguments/checks.ts";

const FIELDS_OF_ACTIVATIONS: Readonly<Record<string, Checks>> = {
  relu: { upper: optional(number) },
  "leaky-relu": { negativeSlope: number },
  elu: { alpha: number },
  gelu: { approximate: oneOf("none", "tanh") },
};

/** An activation. */
export const activationCheck: Check = (name, value) => {
  requireObject(name, value, 'an activation such as { kind: "relu" }');
  const { kind } = value as { kind?: unknown };
  oneOf(...ACTIVATION_KINDS)(`kind of ${name}`, kind);
  objectOf(FIELDS_OF_ACTIVATIONS[kind as string] ?? {})(name, value);
};
