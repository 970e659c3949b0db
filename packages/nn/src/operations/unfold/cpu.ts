import { unfold } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { windowsOnCpu } from "../shared/cpu-windows.ts";
import type { UnfoldOperation } from "./operation.ts";

export function lowerUnfoldOnCpu(
  { x, window, source, output }: UnfoldOperation,
  to: CpuLowering,
): void {
  const call = unfold({ ...windowsOnCpu(window), source });
  to.push(call, [to.of(x), to.define(output)], "rewrite");
}
