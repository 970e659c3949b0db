import { normalizeGradient } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { NormalizeGradientOperation } from "./operation.ts";

export function lowerNormalizeGradientOnCpu(
  operation: NormalizeGradientOperation,
  to: CpuLowering,
): void {
  const { x, dy, norm, epsilon, weight, output } = operation;
  const { vectors, features } = x;
  const call = normalizeGradient({
    vectors,
    features,
    norm,
    epsilon,
    weight: weight !== undefined,
  });
  to.push(call, [to.of(x), to.of(dy), to.define(output), ...memoryOf(to, weight)]);
}
