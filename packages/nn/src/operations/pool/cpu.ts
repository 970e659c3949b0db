import { pool } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { windowsOnCpu } from "../shared/cpu-windows.ts";
import type { PoolOperation } from "./operation.ts";

export function lowerPoolOnCpu(
  { x, pool: kind, window, output }: PoolOperation,
  to: CpuLowering,
): void {
  const call = pool({ ...windowsOnCpu(window), pool: kind });
  to.push(call, [to.of(x), to.define(output)]);
}
