import { edgeAttentionKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgesOf } from "../shared/device-operands.ts";
import type { EdgeAttentionOperation } from "./operation.ts";

export function lowerEdgeAttention(operation: EdgeAttentionOperation, to: DeviceLowering): void {
  const { x, adjacency, heads, negativeSlope, output } = operation;
  const input = to.of(x);
  const [sources, targets] = [to.inLayout(operation.sources), to.inLayout(operation.targets)];
  const y = to.define(output, { layout: "any" });
  const kernel = edgeAttentionKernel({
    nodes: adjacency.rows,
    sources: adjacency.cols,
    heads,
    headFeatures: x.features / heads,
    negativeSlope,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: {
      from: input.batch,
      to: y.batch,
      sourceScores: sources.batch,
      targetScores: targets.batch,
    },
    scoreLayout: sources.layout,
  });
  to.push(kernel, [
    input.memory,
    y.memory,
    sources.memory,
    targets.memory,
    ...edgesOf(adjacency, to),
  ]);
}
