import { requireObject } from "@papilio/butterfly/errors";
import { type SparseMatrix, sparseCheck } from "../../adjacency/sparse-matrix.ts";
import { anyNumber, number } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { named, requireShape, shapeError } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { type EdgeDropout, edgeDropoutCheck } from "../shared/edge-dropout.ts";

/** Graph attention: softmax of `leakyRelu(source + target)` over the neighbours, for each head. */
export interface EdgeAttentionOperation extends GraphOperation<"edge-attention"> {
  readonly x: Value;
  readonly sources: Value;
  readonly targets: Value;
  readonly adjacency: SparseMatrix;
  readonly heads: number;
  readonly negativeSlope: number;
  /** Of the weights of edges, at random: in training alone. */
  readonly dropout?: EdgeDropout | undefined;
}

/** What a graph must know of the operation. */
export const edgeAttentionDefinition: OperationDefinition<EdgeAttentionOperation> = {
  kind: "edge-attention",
  fields: {
    x: valueCheck,
    sources: valueCheck,
    targets: valueCheck,
    adjacency: sparseCheck,
    heads: number,
    negativeSlope: number,
    dropout: edgeDropoutCheck,
  },
  operands: ({ x, sources, targets }) => [x, sources, targets],
  nonZeros: ({ adjacency }) => adjacency.nonZeros,
  flops: ({ adjacency, output }) => (8 * output.vectors + 2 * adjacency.nonZeros) * output.features,
};

/**
 * For each node and head, its neighbours' vectors weighted by attention.
 *
 * @throws PapilioError `OPTION_INVALID`; `GRAPH_SHAPE` for several seeds, too
 */
export function edgeAttention(
  x: Value,
  options: Omit<EdgeAttentionOperation, "kind" | "x" | "output" | "path"> & {
    readonly path?: string;
  },
): Value {
  requireObject("What edgeAttention is given", options, "an object of options");
  valueCheck("The value", x);
  const { path = "", adjacency, heads, sources, targets, dropout } = options;
  sparseCheck("The adjacency", adjacency);
  anyNumber("heads", heads);
  requireShape(path, x, adjacency.cols, x.features);
  requireShape(path, sources, adjacency.cols, heads);
  requireShape(path, targets, adjacency.rows, heads);
  edgeDropoutCheck("dropout", dropout);
  if (dropout !== undefined && dropout.seed.length !== 1) {
    throw shapeError(`${named(path)}${dropout.seed.length} seeds are given`, "Give one.");
  }
  return x.graph.add(
    edgeAttentionDefinition,
    { ...options, path, x },
    { vectors: adjacency.rows, features: x.features },
  );
}
