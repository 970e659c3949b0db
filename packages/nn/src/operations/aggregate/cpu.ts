import { aggregate } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { edgesOnCpu } from "../shared/cpu-edges.ts";
import type { AggregateOperation } from "./operation.ts";

export function lowerAggregateOnCpu(
  { x, adjacency, reduce, output }: AggregateOperation,
  to: CpuLowering,
): void {
  const { rows, cols, nonZeros, values } = adjacency;
  const { parts, spans } = edgesOnCpu(adjacency, x.features, "tiles", to);
  const call = aggregate({
    nodes: rows,
    sources: cols,
    edges: nonZeros,
    features: x.features,
    to: "tiles",
    weighted: values !== undefined,
    ...{ parts, reduce },
  });
  const weights = values === undefined ? [] : [to.constants(values)];
  to.push(call, [to.of(x), to.define(output), ...spans, ...weights]);
}
