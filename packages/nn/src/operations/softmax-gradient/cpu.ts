import { softmaxGradient } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { SoftmaxGradientOperation } from "./operation.ts";

export function lowerSoftmaxGradientOnCpu(
  { y, dy, log, output }: SoftmaxGradientOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = y;
  const call = softmaxGradient({ vectors, features, log });
  to.push(call, [to.of(y), to.of(dy), to.define(output)]);
}
