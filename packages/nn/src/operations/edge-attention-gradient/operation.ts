import { type SparseMatrix, sparseCheck } from "../../adjacency/sparse-matrix.ts";
import { number } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { type EdgeDropout, edgeDropoutCheck } from "../shared/edge-dropout.ts";

/** What the gradients of graph attention are sums of, for each edge. */
export interface EdgeAttentionGradientOperation extends GraphOperation<"edge-attention-gradient"> {
  readonly x: Value;
  readonly sources: Value;
  readonly targets: Value;
  readonly dy: Value;
  readonly adjacency: SparseMatrix;
  readonly heads: number;
  readonly negativeSlope: number;
  readonly dropout?: EdgeDropout | undefined;
}

/** What a graph must know of the operation. */
export const edgeAttentionGradientDefinition: OperationDefinition<EdgeAttentionGradientOperation> =
  {
    kind: "edge-attention-gradient",
    fields: {
      x: valueCheck,
      sources: valueCheck,
      targets: valueCheck,
      dy: valueCheck,
      adjacency: sparseCheck,
      heads: number,
      negativeSlope: number,
      dropout: edgeDropoutCheck,
    },
    operands: ({ x, sources, targets, dy }) => [x, sources, targets, dy],
    nonZeros: ({ adjacency }) => adjacency.nonZeros,
    flops: ({ adjacency, x, heads }) => adjacency.nonZeros * (2 * x.features + 32 * heads),
  };

/**
 * For each edge, in the order of the adjacency, the weight that each head gave it, after dropout, and behind these the gradient of its
 * score of each head. A graph without edges has a vector that says nothing.
 */
export function edgeAttentionGradient(
  attended: Omit<EdgeAttentionGradientOperation, "kind" | "dy" | "output">,
  dy: Value,
): Value {
  const { x, sources, targets, adjacency, heads, negativeSlope, dropout, path } = attended;
  requireShape(path, dy, adjacency.rows, x.features);
  return x.graph.add(
    edgeAttentionGradientDefinition,
    { path, x, sources, targets, dy, adjacency, heads, negativeSlope, dropout },
    { vectors: Math.max(1, adjacency.nonZeros), features: 2 * heads },
  );
}
