import { aggregateLargestKernel, largestNeighbourKernel } from "@papilio/gpu-runtime/kernels";
import { Scratch } from "@papilio/gpu-runtime/memory";
import { transposed } from "../../adjacency/transposed.ts";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgesOf, edgeWeightsOf } from "../shared/device-operands.ts";
import type { AggregateLargestOperation } from "./operation.ts";

export function lowerAggregateLargest(
  operation: AggregateLargestOperation,
  to: DeviceLowering,
): void {
  const { adjacency, output } = operation;
  const [x, dy] = [to.of(operation.x), to.of(operation.dy)];
  const dx = to.define(output, { layout: "any" });
  const { features, dtype } = x;
  const chosen = new Scratch(4 * adjacency.rows * features, "largest neighbours");
  const find = largestNeighbourKernel({
    nodes: adjacency.rows,
    sources: adjacency.cols,
    features,
    weighted: adjacency.values !== undefined,
    from: x.layout,
    to: dx.layout,
    dtype,
    batches: { from: x.batch, to: dx.batch },
  });
  to.push(find, [x.memory, chosen, ...edgesOf(adjacency, to), ...edgeWeightsOf(adjacency, to)]);
  const { matrix } = transposed(adjacency);
  const give = aggregateLargestKernel({
    nodes: matrix.rows,
    sources: matrix.cols,
    features,
    weighted: matrix.values !== undefined,
    from: dy.layout,
    to: dx.layout,
    dtype,
    batches: { from: dy.batch, to: dx.batch },
  });
  to.push(give, [
    dy.memory,
    dx.memory,
    chosen,
    ...edgesOf(matrix, to),
    ...edgeWeightsOf(matrix, to),
  ]);
}
