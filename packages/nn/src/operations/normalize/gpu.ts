import { normalizationKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { NormalizeOperation } from "./operation.ts";

export function lowerNormalize(operation: NormalizeOperation, to: DeviceLowering): void {
  const { x, norm, epsilon, weight, bias, output } = operation;
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = normalizationKernel(to.gpu.report, {
    kind: norm,
    batch,
    features,
    from: input.layout,
    to: y.layout,
    dtype,
    epsilon,
    weight: weight !== undefined,
    bias: bias !== undefined,
  });
  to.push(kernel, [input.memory, y.memory, ...memoryOf(to, weight, bias)]);
}
