import { edgeAttention } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { edgesOnCpu, mostEdgesOf } from "../shared/cpu-edges.ts";
import type { EdgeAttentionOperation } from "./operation.ts";

export function lowerEdgeAttentionOnCpu(operation: EdgeAttentionOperation, to: CpuLowering): void {
  const { x, adjacency, heads, negativeSlope, dropout, output } = operation;
  const { rows, cols, nonZeros } = adjacency;
  const { parts, spans } = edgesOnCpu(adjacency, x.features, "tiles", to);
  const call = edgeAttention({
    nodes: rows,
    sources: cols,
    edges: nonZeros,
    features: x.features,
    to: "tiles",
    mostEdges: mostEdgesOf(adjacency),
    ...{ parts, heads, negativeSlope, dropout },
  });
  const seed = dropout === undefined ? [] : [to.indices(dropout.seed)];
  const scores = [to.of(operation.sources), to.of(operation.targets)];
  to.push(call, [to.of(x), to.define(output), ...spans, ...scores, ...seed]);
}
