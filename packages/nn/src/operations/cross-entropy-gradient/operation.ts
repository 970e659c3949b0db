import { number, optional, whole } from "../../arguments/checks.ts";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";
import { type LabelOptions, requireLabels } from "../shared/labels.ts";

/** The gradient of the vectors whose cross-entropy was computed. */
export interface CrossEntropyGradientOperation
  extends GraphOperation<"cross-entropy-gradient">,
    LabelOptions {
  readonly x: Value;
  readonly labels: Indices;
  /** The gradient of each vector's loss. */
  readonly loss: Value;
}

/** What a graph must know of the operation. */
export const crossEntropyGradientDefinition: OperationDefinition<CrossEntropyGradientOperation> = {
  kind: "cross-entropy-gradient",
  fields: {
    x: valueCheck,
    labels: indicesCheck,
    loss: valueCheck,
    smoothing: number,
    ignored: optional(whole),
  },
  operands: ({ x, loss }) => [x, loss],
  flops: ({ x }) => 32 * x.vectors * x.features,
};

/** `(softmax of x - what is wanted) · loss`, of each vector. */
export function crossEntropyGradient(
  x: Value,
  labels: Indices,
  loss: Value,
  options: LabelOptions & { readonly path?: string },
): Value {
  const { path = "", smoothing, ignored } = options;
  requireLabels(path, x, labels, options);
  requireShape(path, loss, x.vectors, 1);
  const fields = { path, x, labels, loss, smoothing, ignored };
  return x.graph.add(crossEntropyGradientDefinition, fields, x);
}
