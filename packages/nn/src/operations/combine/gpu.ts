import { elementwiseKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { CombineOperation } from "./operation.ts";

export function lowerCombine(
  { x, other, operation, output }: CombineOperation,
  to: DeviceLowering,
): void {
  const [left, right] = [to.of(x), to.of(other)];
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = elementwiseKernel({
    batch,
    features,
    from: left.layout,
    to: y.layout,
    dtype,
    combine: { operation, layout: right.layout },
  });
  to.push(kernel, [left.memory, y.memory, right.memory]);
}
