import { crossEntropyGradientKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { CrossEntropyGradientOperation } from "./operation.ts";

export function lowerCrossEntropyGradient(
  operation: CrossEntropyGradientOperation,
  to: DeviceLowering,
): void {
  const { labels, smoothing, ignored, output } = operation;
  const [x, loss] = [to.of(operation.x), to.of(operation.loss)];
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const problem = { batch, features, from: x.layout, to: y.layout, dtype, smoothing, ignored };
  const kernel = crossEntropyGradientKernel(to.gpu.report, problem);
  to.push(kernel, [x.memory, y.memory, to.indices(labels), loss.memory]);
}
