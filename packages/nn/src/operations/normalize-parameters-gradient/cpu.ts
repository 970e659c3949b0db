import {
  normalizeGradientParts,
  normalizeParametersGradient,
  reduceVectors,
} from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { NormalizeParametersGradientOperation } from "./operation.ts";

export function lowerNormalizeParametersGradientOnCpu(
  operation: NormalizeParametersGradientOperation,
  to: CpuLowering,
): void {
  const { x, dy, norm, epsilon, bias, output } = operation;
  const { vectors, features } = x;
  const period = normalizeGradientParts({ vectors, features });
  const call = normalizeParametersGradient({ vectors, features, norm, epsilon, bias });
  const columns = output.features;
  const parts = period === 1 ? to.define(output) : to.between(period, columns);
  to.push(call, [to.of(x), to.of(dy), parts]);
  if (period === 1) return;
  const sizes = { sequences: 1, period, features: columns };
  const sum = reduceVectors({ ...sizes, reduce: "sum", lengths: false });
  to.push(sum, [parts, to.define(output)]);
}
