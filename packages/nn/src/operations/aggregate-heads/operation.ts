import { requireObject } from "@papilio/butterfly/errors";
import { type SparseMatrix, sparseCheck } from "../../adjacency/sparse-matrix.ts";
import { number, uint32 } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** Message passing with weights that were computed, one for each edge and head. */
export interface AggregateHeadsOperation extends GraphOperation<"aggregate-heads"> {
  readonly x: Value;
  /** A vector for each edge, of which the numbers of the heads are first. */
  readonly weights: Value;
  /** Where there are edges; its values do not count. */
  readonly matrix: SparseMatrix;
  /** For each edge of the matrix, the vector of its weights. */
  readonly numbers: Uint32Array;
  readonly heads: number;
}

/** What a graph must know of the operation. */
export const aggregateHeadsDefinition: OperationDefinition<AggregateHeadsOperation> = {
  kind: "aggregate-heads",
  fields: {
    x: valueCheck,
    weights: valueCheck,
    matrix: sparseCheck,
    numbers: uint32,
    heads: number,
  },
  operands: ({ x, weights }) => [x, weights],
  nonZeros: ({ matrix }) => matrix.nonZeros,
  flops: ({ matrix, x }) => 2 * matrix.nonZeros * x.features,
};

/** For each node the sum of its neighbours' vectors, each head of them times the weight of the edge. */
export function aggregateHeads(
  x: Value,
  weights: Value,
  options: Pick<AggregateHeadsOperation, "matrix" | "numbers" | "heads"> & {
    readonly path?: string;
  },
): Value {
  requireObject("What aggregateHeads is given", options, "an object of options");
  const { path = "", matrix, numbers, heads } = options;
  valueCheck("The value", x);
  sparseCheck("The matrix", matrix);
  valueCheck("The weights", weights);
  requireShape(path, x, matrix.cols, x.features);
  // A value has a vector at least.
  requireShape(path, weights, Math.max(1, matrix.nonZeros), weights.features);
  return x.graph.add(
    aggregateHeadsDefinition,
    { path, x, weights, matrix, numbers, heads },
    { vectors: matrix.rows, features: x.features },
  );
}
