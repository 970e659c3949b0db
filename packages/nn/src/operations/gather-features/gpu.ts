import { gatherFeaturesKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { GatherFeaturesOperation } from "./operation.ts";

export function lowerGatherFeatures(
  { x, map, output }: GatherFeaturesOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = gatherFeaturesKernel({
    batch: y.batch,
    rows: map.length,
    cols: x.features,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
  });
  const indices = to.integers(map, "map of features");
  to.push(kernel, [input.memory, indices, y.memory], "rewrite");
}
