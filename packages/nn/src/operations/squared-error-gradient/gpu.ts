import { squaredErrorGradientKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { SquaredErrorGradientOperation } from "./operation.ts";

export function lowerSquaredErrorGradient(
  operation: SquaredErrorGradientOperation,
  to: DeviceLowering,
): void {
  const [x, target] = [to.of(operation.x), to.of(operation.target)];
  const loss = to.of(operation.loss);
  const y = to.define(operation.output, { layout: "any" });
  const { batch, features, dtype } = y;
  const layouts = { from: x.layout, target: target.layout, to: y.layout };
  const kernel = squaredErrorGradientKernel(to.gpu.report, { batch, features, ...layouts, dtype });
  to.push(kernel, [x.memory, y.memory, target.memory, loss.memory]);
}
