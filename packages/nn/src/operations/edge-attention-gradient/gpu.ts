import { edgeAttentionGradientKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgesOf } from "../shared/device-operands.ts";
import type { EdgeAttentionGradientOperation } from "./operation.ts";

export function lowerEdgeAttentionGradient(
  operation: EdgeAttentionGradientOperation,
  to: DeviceLowering,
): void {
  const { adjacency, heads, negativeSlope, output } = operation;
  const [x, dy] = [to.of(operation.x), to.of(operation.dy)];
  const [sources, targets] = [to.inLayout(operation.sources), to.inLayout(operation.targets)];
  const edges = to.define(output, { layout: "any" });
  const kernel = edgeAttentionGradientKernel({
    nodes: adjacency.rows,
    sources: adjacency.cols,
    heads,
    headFeatures: x.features / heads,
    negativeSlope,
    from: x.layout,
    to: edges.layout,
    dtype: edges.dtype,
    batches: {
      from: x.batch,
      to: edges.batch,
      sourceScores: sources.batch,
      targetScores: targets.batch,
    },
    scoreLayout: sources.layout,
    dy,
  });
  to.push(kernel, [
    ...[x.memory, edges.memory, sources.memory, targets.memory, dy.memory],
    ...edgesOf(adjacency, to),
  ]);
}
