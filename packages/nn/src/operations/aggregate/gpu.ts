import { aggregateKernel } from "@papilio/gpu-runtime";
import type { AggregateOperation } from "../../graph/operation.ts";
import type { DeviceLowering } from "../device-lowering.ts";
import { edgesOf } from "../shared/device-operands.ts";

export function lowerAggregate(
  { x, graph, reduce, output }: AggregateOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { values } = graph;
  const kernel = aggregateKernel({
    nodes: graph.rows,
    sources: graph.cols,
    features: x.features,
    reduce,
    weighted: values !== undefined,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: { from: input.batch, to: y.batch },
  });
  to.push(kernel, [
    input.memory,
    y.memory,
    ...edgesOf(graph, to),
    ...(values === undefined ? [] : [to.floats(values, "f32", "edge weights")]),
  ]);
}
