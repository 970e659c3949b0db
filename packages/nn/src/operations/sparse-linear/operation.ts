import { type SparseMatrix, sparseCheck } from "../../adjacency/sparse-matrix.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireFeatures } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";

/** `W x` for a sparse matrix without structure. */
export interface SparseLinearOperation extends GraphOperation<"sparse-linear"> {
  readonly x: Value;
  readonly matrix: SparseMatrix;
}

/** What a graph must know of the operation. */
export const sparseLinearDefinition: OperationDefinition<SparseLinearOperation> = {
  kind: "sparse-linear",
  fields: {
    x: valueCheck,
    matrix: sparseCheck,
  },
  operands: ({ x }) => [x],
  nonZeros: ({ matrix }) => matrix.nonZeros,
  flops: ({ x, matrix }) => 2 * x.vectors * matrix.nonZeros,
};

/** `W x` for a sparse matrix. */
export function sparseLinear(x: Value, matrix: SparseMatrix, path: string = ""): Value {
  sparseCheck("The matrix", matrix);
  requireFeatures(path, x, matrix.cols);
  return x.graph.add(
    sparseLinearDefinition,
    { path, x, matrix },
    { vectors: x.vectors, features: matrix.rows },
  );
}
