import { activationGradientKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { ActivationGradientOperation } from "./operation.ts";

export function lowerActivationGradient(
  operation: ActivationGradientOperation,
  to: DeviceLowering,
): void {
  const [x, dy] = [to.of(operation.x), to.of(operation.dy)];
  const y = to.define(operation.output, { layout: "any" });
  const { batch, features, dtype } = y;
  const layouts = { from: x.layout, gradient: dy.layout, to: y.layout };
  const { activation } = operation;
  const kernel = activationGradientKernel({ batch, features, ...layouts, dtype, activation });
  to.push(kernel, [x.memory, y.memory, dy.memory]);
}
