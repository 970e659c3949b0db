import { gatherVectors } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { GatherVectorsOperation } from "./operation.ts";

export function lowerGatherVectorsOnCpu(
  { source, indices, output }: GatherVectorsOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = output;
  const isValue = "graph" in source;
  const call = gatherVectors({
    ...{ vectors, features },
    rows: isValue ? source.vectors : (source.shape[0] as number),
    source: isValue ? "vectors" : "table",
  });
  const from = isValue ? to.of(source) : to.parameter(source);
  to.push(call, [from, to.indices(indices), to.define(output)], "rewrite");
}
