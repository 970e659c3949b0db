import { aggregateKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgesOf, edgeWeightsOf } from "../shared/device-operands.ts";
import type { AggregateOperation } from "./operation.ts";

export function lowerAggregate(
  { x, adjacency, reduce, output }: AggregateOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = aggregateKernel({
    nodes: adjacency.rows,
    sources: adjacency.cols,
    features: x.features,
    reduce,
    weighted: adjacency.values !== undefined,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: { from: input.batch, to: y.batch },
  });
  to.push(kernel, [
    input.memory,
    y.memory,
    ...edgesOf(adjacency, to),
    ...edgeWeightsOf(adjacency, to),
  ]);
}
