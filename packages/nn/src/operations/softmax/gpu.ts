import { softmaxKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { SoftmaxOperation } from "./operation.ts";

export function lowerSoftmax({ x, log, output }: SoftmaxOperation, to: DeviceLowering): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const problem = { batch, features, from: input.layout, to: y.layout, dtype, log };
  to.push(softmaxKernel(to.gpu.report, problem), [input.memory, y.memory]);
}
