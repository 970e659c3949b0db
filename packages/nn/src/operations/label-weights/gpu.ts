import { labelWeightsKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { LabelWeightsOperation } from "./operation.ts";

export function lowerLabelWeights(
  { labels, classes, ignored, output }: LabelWeightsOperation,
  to: DeviceLowering,
): void {
  // A number of each vector lies alike in both layouts.
  const y = to.define(output, { layout: "any" });
  const kernel = labelWeightsKernel({ count: labels.length, classes, ignored, dtype: y.dtype });
  to.push(kernel, [to.indices(labels), y.memory]);
}
