import { gatherFeatures } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { GatherFeaturesOperation } from "./operation.ts";

export function lowerGatherFeaturesOnCpu(
  { x, map, output }: GatherFeaturesOperation,
  to: CpuLowering,
): void {
  const call = gatherFeatures({ vectors: x.vectors, from: x.features, to: map.length });
  to.push(call, [to.of(x), to.constants(map), to.define(output)], "rewrite");
}
