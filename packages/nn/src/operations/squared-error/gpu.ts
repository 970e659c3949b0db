import { squaredErrorKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { SquaredErrorOperation } from "./operation.ts";

export function lowerSquaredError(operation: SquaredErrorOperation, to: DeviceLowering): void {
  const [x, target] = [to.of(operation.x), to.of(operation.target)];
  const { batch, features, layout: from, dtype } = x;
  const problem = { batch, features, from, target: target.layout, dtype };
  // A number of each vector lies alike in both layouts.
  const y = to.define(operation.output, { layout: "any" });
  to.push(squaredErrorKernel(to.gpu.report, problem), [x.memory, y.memory, target.memory]);
}
