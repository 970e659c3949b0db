import { squaredErrorGradient } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { SquaredErrorGradientOperation } from "./operation.ts";

export function lowerSquaredErrorGradientOnCpu(
  { x, target, loss, output }: SquaredErrorGradientOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const call = squaredErrorGradient({ vectors, features });
  to.push(call, [to.of(x), to.of(target), to.of(loss), to.define(output)]);
}
