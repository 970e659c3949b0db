import { edgeAttentionGradient } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { edgesOnCpu, mostEdgesOf } from "../shared/cpu-edges.ts";
import type { EdgeAttentionGradientOperation } from "./operation.ts";

export function lowerEdgeAttentionGradientOnCpu(
  operation: EdgeAttentionGradientOperation,
  to: CpuLowering,
): void {
  const { x, adjacency, heads, negativeSlope, dropout, output } = operation;
  const { parts, spans } = edgesOnCpu(adjacency, x.features, "rows", to);
  const call = edgeAttentionGradient({
    nodes: adjacency.rows,
    sources: adjacency.cols,
    edges: adjacency.nonZeros,
    features: x.features,
    mostEdges: mostEdgesOf(adjacency),
    ...{ parts, heads, negativeSlope, dropout },
  });
  const seed = dropout === undefined ? [] : [to.indices(dropout.seed)];
  const scores = [to.of(operation.sources), to.of(operation.targets)];
  const given = [...scores, to.of(operation.dy), ...seed];
  to.push(call, [to.of(x), to.define(output), ...spans, ...given]);
}
