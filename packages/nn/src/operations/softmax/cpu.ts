import { softmax } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { SoftmaxOperation } from "./operation.ts";

export function lowerSoftmaxOnCpu({ x, log, output }: SoftmaxOperation, to: CpuLowering): void {
  const { vectors, features } = x;
  to.push(softmax({ vectors, features, log }), [to.of(x), to.define(output)]);
}
