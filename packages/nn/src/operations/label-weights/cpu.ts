import { labelWeights } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { LabelWeightsOperation } from "./operation.ts";

export function lowerLabelWeightsOnCpu(
  { labels, classes, ignored, output }: LabelWeightsOperation,
  to: CpuLowering,
): void {
  const call = labelWeights({ vectors: labels.length, classes, ignored });
  to.push(call, [to.indices(labels), to.define(output)]);
}
