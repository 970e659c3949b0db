import { squaredError } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { SquaredErrorOperation } from "./operation.ts";

export function lowerSquaredErrorOnCpu(
  { x, target, output }: SquaredErrorOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  to.push(squaredError({ vectors, features }), [to.of(x), to.of(target), to.define(output)]);
}
