import { requireObject } from "@papilio/butterfly/errors";
import { number, oneOf, optional } from "../../arguments/checks.ts";
import { parameterCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireLength, requireSameShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { NORMS, type Norm } from "../shared/normalization.ts";

/** The gradient of what is normalized. */
export interface NormalizeGradientOperation extends GraphOperation<"normalize-gradient"> {
  readonly x: Value;
  readonly dy: Value;
  readonly norm: Norm;
  readonly epsilon: number;
  readonly weight?: Parameter | undefined;
}

/** What a graph must know of the operation. */
export const normalizeGradientDefinition: OperationDefinition<NormalizeGradientOperation> = {
  kind: "normalize-gradient",
  fields: {
    x: valueCheck,
    dy: valueCheck,
    norm: oneOf(...NORMS),
    epsilon: number,
    weight: optional(parameterCheck),
  },
  operands: ({ x, dy }) => [x, dy],
  parameters: ({ weight }) => [weight],
};

/** The gradient of x, from that of its normalization, which is multiplied by the weight. */
export function normalizeGradient(
  x: Value,
  dy: Value,
  options: Omit<NormalizeGradientOperation, "kind" | "x" | "dy" | "output" | "path"> & {
    readonly path?: string;
  },
): Value {
  requireObject("What normalizeGradient is given", options, "an object of options");
  const { path = "", norm, epsilon, weight } = options;
  requireSameShape(path, x, dy);
  if (weight !== undefined) requireLength(path, "weight", weight, x.features);
  return x.graph.add(normalizeGradientDefinition, { path, x, dy, norm, epsilon, weight }, x);
}
