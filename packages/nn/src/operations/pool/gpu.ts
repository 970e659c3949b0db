import { poolKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { windowsProblem } from "../shared/device-windows.ts";
import type { PoolOperation } from "./operation.ts";

export function lowerPool(
  { x, pool: kind, window, output }: PoolOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { dilation: _, ...problem } = windowsProblem(window, input, y);
  to.push(poolKernel({ ...problem, kind }), [input.memory, y.memory]);
}
