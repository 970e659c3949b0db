import { aggregateHeads } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { edgesOnCpu, mostEdgesOf } from "../shared/cpu-edges.ts";
import type { AggregateHeadsOperation } from "./operation.ts";

export function lowerAggregateHeadsOnCpu(
  { x, weights, matrix, numbers, heads, output }: AggregateHeadsOperation,
  to: CpuLowering,
): void {
  const { parts, spans } = edgesOnCpu(matrix, x.features, "tiles", to);
  const call = aggregateHeads({
    nodes: matrix.rows,
    sources: matrix.cols,
    edges: matrix.nonZeros,
    features: x.features,
    to: "tiles",
    weightFeatures: weights.features,
    mostEdges: mostEdgesOf(matrix),
    ...{ parts, heads },
  });
  const given = [to.of(weights), to.constants(numbers)];
  to.push(call, [to.of(x), to.define(output), ...spans, ...given]);
}
