import { requireObject } from "@papilio/butterfly/errors";
import { number, optional, whole } from "../../arguments/checks.ts";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";
import { type LabelOptions, requireLabels } from "../shared/labels.ts";

/** The loss of each vector, whose features are classes: a number for each. */
export interface CrossEntropyOperation extends GraphOperation<"cross-entropy">, LabelOptions {
  readonly x: Value;
  /** One for each vector. */
  readonly labels: Indices;
}

/** What a graph must know of the operation. */
export const crossEntropyDefinition: OperationDefinition<CrossEntropyOperation> = {
  kind: "cross-entropy",
  fields: { x: valueCheck, labels: indicesCheck, smoothing: number, ignored: optional(whole) },
  operands: ({ x }) => [x],
  flops: ({ x }) => 16 * x.vectors * x.features,
};

/** `log Σ exp x - (1 - smoothing) x[label] - smoothing · mean of x`, of each vector. */
export function crossEntropyOfVectors(
  x: Value,
  labels: Indices,
  options: LabelOptions & { readonly path?: string },
): Value {
  requireObject("What cross-entropy is given", options, "an object of options");
  const { path = "", smoothing, ignored } = options;
  requireLabels(path, x, labels, options);
  const shape = { vectors: x.vectors, features: 1 };
  return x.graph.add(crossEntropyDefinition, { path, x, labels, smoothing, ignored }, shape);
}
