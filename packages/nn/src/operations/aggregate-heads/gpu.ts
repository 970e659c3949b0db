import { aggregateHeadsKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { batchesOf, edgesOf } from "../shared/device-operands.ts";
import type { AggregateHeadsOperation } from "./operation.ts";

export function lowerAggregateHeads(operation: AggregateHeadsOperation, to: DeviceLowering): void {
  const { matrix, numbers, heads, output } = operation;
  const [x, weights] = [to.of(operation.x), to.of(operation.weights)];
  const y = to.define(output, { layout: "any" });
  const kernel = aggregateHeadsKernel({
    nodes: matrix.rows,
    sources: matrix.cols,
    heads,
    headFeatures: x.features / heads,
    weights,
    from: x.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: batchesOf(x, y),
  });
  to.push(kernel, [
    ...[x.memory, y.memory, weights.memory],
    ...edgesOf(matrix, to),
    to.integers(numbers, "numbers of edges"),
  ]);
}
