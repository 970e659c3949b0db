import { whole } from "../../arguments/checks.ts";
import { indicesCheck } from "../../graph/operand-checks.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** By what losses are multiplied so that their mean is that of those whose labels count. */
export interface LabelWeightsOperation extends GraphOperation<"label-weights"> {
  readonly labels: Indices;
  readonly classes: number;
  readonly ignored: number;
}

/** What a graph must know of the operation. */
export const labelWeightsDefinition: OperationDefinition<LabelWeightsOperation> = {
  kind: "label-weights",
  fields: { labels: indicesCheck, classes: whole, ignored: whole },
  operands: () => [],
};

/** For each label that is not ignored, how many there are divided by how many of them count; 0 for the others. */
export function labelWeights(
  labels: Indices,
  classes: number,
  ignored: number,
  path: string = "",
): Value {
  indicesCheck("The labels", labels);
  const shape = { vectors: labels.length, features: 1 };
  return labels.graph.add(labelWeightsDefinition, { path, labels, classes, ignored }, shape);
}
