import { crossEntropyGradient } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { CrossEntropyGradientOperation } from "./operation.ts";

export function lowerCrossEntropyGradientOnCpu(
  { x, labels, loss, smoothing, ignored, output }: CrossEntropyGradientOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const call = crossEntropyGradient({ vectors, features, smoothing, ignored });
  to.push(call, [to.of(x), to.indices(labels), to.of(loss), to.define(output)]);
}
