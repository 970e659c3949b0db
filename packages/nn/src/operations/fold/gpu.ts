import { foldKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { windowsProblem } from "../shared/device-windows.ts";
import type { FoldOperation } from "./operation.ts";

export function lowerFold({ x, window, source, output }: FoldOperation, to: DeviceLowering): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = foldKernel({ ...windowsProblem(window, input, y), source });
  to.push(kernel, [input.memory, y.memory]);
}
