import { edgeAttention } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { edgesOnCpu } from "../shared/cpu-edges.ts";
import type { EdgeAttentionOperation } from "./operation.ts";

export function lowerEdgeAttentionOnCpu(operation: EdgeAttentionOperation, to: CpuLowering): void {
  const { x, adjacency, heads, negativeSlope, output } = operation;
  const { rows, cols, nonZeros, starts } = adjacency;
  const { parts, spans } = edgesOnCpu(adjacency, x.features, "tiles", to);
  let mostEdges = 0;
  for (let row = 0; row < rows; row++) {
    mostEdges = Math.max(mostEdges, (starts[row + 1] as number) - (starts[row] as number));
  }
  const call = edgeAttention({
    nodes: rows,
    sources: cols,
    edges: nonZeros,
    features: x.features,
    to: "tiles",
    ...{ parts, heads, negativeSlope, mostEdges },
  });
  const scores = [to.of(operation.sources), to.of(operation.targets)];
  to.push(call, [to.of(x), to.define(output), ...spans, ...scores]);
}
