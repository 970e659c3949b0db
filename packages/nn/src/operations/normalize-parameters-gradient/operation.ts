import { requireObject } from "@papilio/butterfly/errors";
import { flag, number, oneOf } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { NORMS, type Norm } from "../shared/normalization.ts";

/** The gradient of a normalization's weight, and that of its bias behind it. */
export interface NormalizeParametersGradientOperation
  extends GraphOperation<"normalize-parameters-gradient"> {
  readonly x: Value;
  readonly dy: Value;
  readonly norm: Norm;
  readonly epsilon: number;
  /** Whether that of the bias is computed. */
  readonly bias: boolean;
}

/** What a graph must know of the operation. */
export const normalizeParametersGradientDefinition: OperationDefinition<NormalizeParametersGradientOperation> =
  {
    kind: "normalize-parameters-gradient",
    fields: {
      x: valueCheck,
      dy: valueCheck,
      norm: oneOf(...NORMS),
      epsilon: number,
      bias: flag,
    },
    operands: ({ x, dy }) => [x, dy],
  };

/**
 * The sum of `dy` times the normalized x over all vectors, one vector of as many features; with a bias, the sum of `dy`
 * follows as as many features more.
 */
export function normalizeParametersGradient(
  x: Value,
  dy: Value,
  options: Omit<NormalizeParametersGradientOperation, "kind" | "x" | "dy" | "output" | "path"> & {
    readonly path?: string;
  },
): Value {
  requireObject("What normalizeParametersGradient is given", options, "an object of options");
  const { path = "", norm, epsilon, bias } = options;
  requireSameShape(path, x, dy);
  const features = bias ? 2 * x.features : x.features;
  const fields = { path, x, dy, norm, epsilon, bias };
  return x.graph.add(normalizeParametersGradientDefinition, fields, { vectors: 1, features });
}
