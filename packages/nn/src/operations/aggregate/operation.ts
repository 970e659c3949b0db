import { requireOptions } from "@papilio/butterfly/errors";
import { type SparseMatrix, sparseCheck } from "../../adjacency/sparse-matrix.ts";
import { oneOf } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** Message passing: for each row of a sparse matrix, its values times the vectors of its columns. */
export interface AggregateOperation extends GraphOperation<"aggregate"> {
  readonly x: Value;
  readonly adjacency: SparseMatrix;
  readonly reduce: "mean" | "sum" | "max";
}

/** What a graph must know of the operation. */
export const aggregateDefinition: OperationDefinition<AggregateOperation> = {
  kind: "aggregate",
  fields: {
    x: valueCheck,
    adjacency: sparseCheck,
    reduce: oneOf("mean", "sum", "max"),
  },
  operands: ({ x }) => [x],
  nonZeros: ({ adjacency }) => adjacency.nonZeros,
  flops: ({ adjacency, output }) => (8 * output.vectors + 2 * adjacency.nonZeros) * output.features,
};

/** For each node, the sum, mean or maximum of its neighbours' vectors, weighted by the edges' values. */
export function aggregate(
  x: Value,
  adjacency: SparseMatrix,
  options: { readonly path?: string; readonly reduce?: "mean" | "sum" | "max" } = {},
): Value {
  requireOptions("What aggregate is given", options);
  valueCheck("The value", x);
  sparseCheck("The adjacency", adjacency);
  const { path = "", reduce = "sum" } = options;
  requireShape(path, x, adjacency.cols, x.features);
  return x.graph.add(
    aggregateDefinition,
    { path, x, adjacency, reduce },
    { vectors: adjacency.rows, features: x.features },
  );
}
