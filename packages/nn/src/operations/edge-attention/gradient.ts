import { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import { transposed } from "../../adjacency/transposed.ts";
import type { Value } from "../../graph/value.ts";
import { aggregate } from "../aggregate/operation.ts";
import { aggregateHeads } from "../aggregate-heads/operation.ts";
import { edgeAttentionGradient } from "../edge-attention-gradient/operation.ts";
import { gatherFeatures } from "../gather-features/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import type { EdgeAttentionOperation } from "./operation.ts";

/** Weights and gradients of scores are computed once for each edge; what remains is sums over edges. */
export function gradientOfEdgeAttention(
  operation: EdgeAttentionOperation,
  dy: Value,
  to: GradientContext,
): void {
  const { x, sources, targets, adjacency, heads, path } = operation;
  const edges = edgeAttentionGradient(operation, dy);
  const { matrix, numbers } = transposed(adjacency);
  if (to.needs(x)) to.add(x, aggregateHeads(dy, edges, { path, matrix, numbers, heads }));
  // Behind the weights.
  const ofScores = Uint32Array.from({ length: heads }, (_, head) => heads + head);
  const sums = (over: SparseMatrix): Value =>
    gatherFeatures(aggregate(edges, over, { path }), ofScores, path);
  const count = edges.vectors;
  if (to.needs(sources)) {
    to.add(sources, sums(new SparseMatrix([adjacency.cols, count], matrix.starts, numbers)));
  }
  if (to.needs(targets)) {
    const own = Uint32Array.from(numbers.keys());
    to.add(targets, sums(new SparseMatrix([adjacency.rows, count], adjacency.starts, own)));
  }
}
