import { edgeAttentionGradient } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { edgesOnCpu, mostEdgesOf } from "../shared/cpu-edges.ts";
import type { EdgeAttentionGradientOperation } from "./operation.ts";

export function lowerEdgeAttentionGradientOnCpu(
  operation: EdgeAttentionGradientOperation,
  to: CpuLowering,
): void {
  const { x, adjacency, heads, negativeSlope, output } = operation;
  const { parts, spans } = edgesOnCpu(adjacency, x.features, "rows", to);
  const call = edgeAttentionGradient({
    nodes: adjacency.rows,
    sources: adjacency.cols,
    edges: adjacency.nonZeros,
    features: x.features,
    mostEdges: mostEdgesOf(adjacency),
    ...{ parts, heads, negativeSlope },
  });
  const scores = [to.of(operation.sources), to.of(operation.targets)];
  to.push(call, [to.of(x), to.define(output), ...spans, ...scores, to.of(operation.dy)]);
}
