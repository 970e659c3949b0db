import { softmaxGradientKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { SoftmaxGradientOperation } from "./operation.ts";

export function lowerSoftmaxGradient(
  operation: SoftmaxGradientOperation,
  to: DeviceLowering,
): void {
  const [y, dy] = [to.of(operation.y), to.of(operation.dy)];
  const dx = to.define(operation.output, { layout: "any" });
  const { batch, features, dtype } = dx;
  const layouts = { from: y.layout, gradient: dy.layout, to: dx.layout };
  const problem = { batch, features, ...layouts, dtype, log: operation.log };
  to.push(softmaxGradientKernel(to.gpu.report, problem), [y.memory, dx.memory, dy.memory]);
}
