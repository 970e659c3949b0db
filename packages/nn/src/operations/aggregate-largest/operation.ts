import { type SparseMatrix, sparseCheck } from "../../adjacency/sparse-matrix.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** The gradient of the largest of neighbours' vectors. */
export interface AggregateLargestOperation extends GraphOperation<"aggregate-largest"> {
  /** The vectors of neighbours, of which the largest were taken. */
  readonly x: Value;
  readonly dy: Value;
  readonly adjacency: SparseMatrix;
}

/** What a graph must know of the operation. */
export const aggregateLargestDefinition: OperationDefinition<AggregateLargestOperation> = {
  kind: "aggregate-largest",
  fields: {
    x: valueCheck,
    dy: valueCheck,
    adjacency: sparseCheck,
  },
  operands: ({ x, dy }) => [x, dy],
  nonZeros: ({ adjacency }) => adjacency.nonZeros,
  flops: ({ adjacency, x }) => 4 * adjacency.nonZeros * x.features,
};

/**
 * Gives, feature by feature, what came of the largest of a node's neighbours to the first of them that is it, or the
 * first that is NaN, times the weight of the edge. Neighbours are in the order of the adjacency.
 */
export function aggregateLargest(
  x: Value,
  dy: Value,
  adjacency: SparseMatrix,
  path: string = "",
): Value {
  sparseCheck("The adjacency", adjacency);
  valueCheck("The value", x);
  requireShape(path, x, adjacency.cols, x.features);
  requireShape(path, dy, adjacency.rows, x.features);
  return x.graph.add(aggregateLargestDefinition, { path, x, dy, adjacency }, x);
}
