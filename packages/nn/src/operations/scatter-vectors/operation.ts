import { requireObject } from "@papilio/butterfly/errors";
import { flag, number } from "../../arguments/checks.ts";
import { indicesCheck, valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Indices, Value } from "../../graph/value.ts";

/** Row `r` is the sum of the vectors `i` with `indices[i] = r`: the gradient of what vectors are gathered from. */
export interface ScatterVectorsOperation extends GraphOperation<"scatter-vectors"> {
  readonly x: Value;
  readonly indices: Indices;
  /** One that is not below this is left out. */
  readonly rows: number;
  /** Whether the rows are one vector, one after the other, as the numbers of a parameter. */
  readonly flat: boolean;
}

/** What a graph must know of the operation. */
export const scatterVectorsDefinition: OperationDefinition<ScatterVectorsOperation> = {
  kind: "scatter-vectors",
  fields: {
    x: valueCheck,
    indices: indicesCheck,
    rows: number,
    flat: flag,
  },
  operands: ({ x }) => [x],
  flops: ({ x }) => x.vectors * x.features,
};

/** The sums of the vectors of each index, in the order of the vectors. */
export function scatterVectors(
  x: Value,
  indices: Indices,
  options: { readonly path?: string; readonly rows: number; readonly flat?: boolean },
): Value {
  requireObject("What scatterVectors is given", options, "an object of options");
  const { path = "", rows, flat = false } = options;
  indicesCheck("The indices", indices);
  requireShape(path, x, indices.length, x.features);
  return x.graph.add(
    scatterVectorsDefinition,
    { path, x, indices, rows, flat },
    flat ? { vectors: 1, features: rows * x.features } : { vectors: rows, features: x.features },
  );
}
