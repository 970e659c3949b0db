import { normalizationGradientKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { NormalizeGradientOperation } from "./operation.ts";

export function lowerNormalizeGradient(
  operation: NormalizeGradientOperation,
  to: DeviceLowering,
): void {
  const { norm, epsilon, weight, output } = operation;
  const [x, dy] = [to.of(operation.x), to.of(operation.dy)];
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = normalizationGradientKernel(to.gpu.report, {
    ...{ kind: norm, batch, features, dtype, epsilon, weight: weight !== undefined },
    ...{ from: x.layout, gradient: dy.layout, to: y.layout },
  });
  to.push(kernel, [x.memory, y.memory, dy.memory, ...memoryOf(to, weight)]);
}
