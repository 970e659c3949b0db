import { elementwiseKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { ActivationOperation } from "./operation.ts";

export function lowerActivation(
  { x, activation: kind, output }: ActivationOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = elementwiseKernel({
    batch,
    features,
    from: input.layout,
    to: y.layout,
    dtype,
    activation: kind,
  });
  to.push(kernel, [input.memory, y.memory]);
}
