import { requireObject } from "@papilio/butterfly/errors";
import { number, oneOf, optional } from "../../arguments/checks.ts";
import { parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireLength } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { NORMS, type Norm } from "../shared/normalization.ts";

export interface NormalizeOperation extends GraphOperation<"normalize"> {
  readonly x: Value;
  readonly norm: Norm;
  readonly epsilon: number;
  readonly weight?: Parameter | undefined;
  readonly bias?: Parameter | undefined;
}

/** What a graph must know of the operation. */
export const normalizeDefinition: OperationDefinition<NormalizeOperation> = {
  kind: "normalize",
  fields: {
    x: valueCheck,
    norm: oneOf(...NORMS),
    epsilon: number,
    weight: optional(parameterCheck),
    bias: optional(parameterCheck),
  },
  operands: ({ x }) => [x],
  parameters: ({ weight, bias }) => [weight, bias],
};

export function normalize(
  x: Value,
  options: Omit<NormalizeOperation, "kind" | "x" | "output" | "path"> & { readonly path?: string },
): Value {
  valueCheck("The value", x);
  requireObject("What normalize is given", options, "an object of options");
  const { path = "", weight, bias } = options;
  if (weight !== undefined) requireLength(path, "weight", weight, x.features);
  if (bias !== undefined) requireLength(path, "bias", bias, x.features);
  return x.graph.add(normalizeDefinition, { ...options, path, x }, x);
}
