import { crossEntropy } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { CrossEntropyOperation } from "./operation.ts";

export function lowerCrossEntropyOnCpu(
  { x, labels, smoothing, ignored, output }: CrossEntropyOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const call = crossEntropy({ vectors, features, smoothing, ignored });
  to.push(call, [to.of(x), to.indices(labels), to.define(output)]);
}
