import { unfoldKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { windowsProblem } from "../shared/device-windows.ts";
import type { UnfoldOperation } from "./operation.ts";

export function lowerUnfold(
  { x, window, source, output }: UnfoldOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = unfoldKernel({ ...windowsProblem(window, input, y), source });
  to.push(kernel, [input.memory, y.memory], "rewrite");
}
