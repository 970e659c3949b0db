import { crossEntropyKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { CrossEntropyOperation } from "./operation.ts";

export function lowerCrossEntropy(operation: CrossEntropyOperation, to: DeviceLowering): void {
  const { labels, smoothing, ignored, output } = operation;
  const x = to.of(operation.x);
  const { batch, features, layout: from, dtype } = x;
  const problem = { batch, features, from, dtype, smoothing, ignored };
  // A number of each vector lies alike in both layouts.
  const y = to.define(output, { layout: "any" });
  to.push(crossEntropyKernel(to.gpu.report, problem), [x.memory, y.memory, to.indices(labels)]);
}
