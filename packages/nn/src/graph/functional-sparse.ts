import { requireObject, requireOptions } from "@papilio/butterfly";
import { type SparseMatrix, sparseCheck } from "../adjacency/sparse-matrix.ts";
import { anyNumber } from "../arguments/checks.ts";
import { valueCheck } from "./operand-checks.ts";
import { requireFeatures, requireShape } from "./operands.ts";
import type { EdgeAttentionOperation } from "./operation.ts";
import type { Value } from "./value.ts";

/* Operations with sparse matrices; as those of functional.ts. */

/** `W x` for a sparse matrix. */
export function sparseLinear(x: Value, matrix: SparseMatrix, path: string = ""): Value {
  sparseCheck("The matrix", matrix);
  requireFeatures(path, x, matrix.cols);
  return x.graph.add(
    { kind: "sparse-linear", path, x, matrix },
    { vectors: x.vectors, features: matrix.rows },
  );
}

/** For each node, the sum, mean or maximum of its neighbours' vectors, weighted by the edges' values. */
export function aggregate(
  x: Value,
  graph: SparseMatrix,
  options: { readonly path?: string; readonly reduce?: "mean" | "sum" | "max" } = {},
): Value {
  requireOptions("What aggregate is given", options);
  valueCheck("The value", x);
  sparseCheck("The graph", graph);
  const { path = "", reduce = "sum" } = options;
  requireShape(path, x, graph.cols, x.features);
  return x.graph.add(
    { kind: "aggregate", path, x, graph, reduce },
    { vectors: graph.rows, features: x.features },
  );
}

/** For each node and head, its neighbours' vectors weighted by attention. */
export function edgeAttention(
  x: Value,
  options: Omit<EdgeAttentionOperation, "kind" | "x" | "output" | "path"> & {
    readonly path?: string;
  },
): Value {
  requireObject("What edgeAttention is given", options, "an object of options");
  valueCheck("The value", x);
  const { path = "", graph, heads, sources, targets } = options;
  sparseCheck("The graph", graph);
  anyNumber("heads", heads);
  requireShape(path, x, graph.cols, x.features);
  requireShape(path, sources, graph.cols, heads);
  requireShape(path, targets, graph.rows, heads);
  return x.graph.add(
    { kind: "edge-attention", ...options, path, x },
    { vectors: graph.rows, features: x.features },
  );
}
