import { requireObject } from "@papilio/butterfly";
import { ACTIVATION_KINDS } from "@papilio/gpu-runtime";
import {
  anyNumber,
  type Check,
  type Checks,
  having,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  pairOfNumbers,
} from "../arguments/checks.ts";

/*
 * What operations are given, known by its members: objects of another copy of this package are as good.
 * Nothing of a parameter is allocated for it.
 */

export const graphCheck: Check = having("a Graph", "add", "input", "operations");
export const valueCheck: Check = having("a Value of a graph", "graph", "vectors", "features");
export const indicesCheck: Check = having("Indices of a graph", "graph", "length", "requireBelow");
export const parameterCheck: Check = having("a Parameter", "shape", "length");
export const chainCheck: Check = having("a Chain", "patterns", "rows", "cols");

/** A product of factors, as a linear layer has it. */
export const matrixCheck: Check = objectOf({
  chain: chainCheck,
  factors: listOf(parameterCheck),
});

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

/** Where a window slides over images. */
export const windowCheck: Check = objectOf({
  images: number,
  channels: number,
  size: pairOfNumbers,
  kernel: pairOfNumbers,
  stride: pairOfNumbers,
  padding: pairOfNumbers,
  dilation: pairOfNumbers,
});

/** How many vectors there are, and how long. */
export const shapeCheck: Check = objectOf({ vectors: anyNumber, features: anyNumber });
