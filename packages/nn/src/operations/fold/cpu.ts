import { fold } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { windowsOnCpu } from "../shared/cpu-windows.ts";
import type { FoldOperation } from "./operation.ts";

export function lowerFoldOnCpu(
  { x, window, source, output }: FoldOperation,
  to: CpuLowering,
): void {
  const call = fold({ ...windowsOnCpu(window), source });
  to.push(call, [to.of(x), to.define(output)]);
}
