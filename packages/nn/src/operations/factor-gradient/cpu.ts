import { factorGradient, factorGradientParts, reduceVectors } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { FactorGradientOperation } from "./operation.ts";

/** Parts of the batch are summed in the end. */
export function lowerFactorGradientOnCpu(
  { x, dy, pattern, output }: FactorGradientOperation,
  to: CpuLowering,
): void {
  const { vectors } = x;
  const { features } = output;
  const period = factorGradientParts({ vectors, pattern });
  const parts = period === 1 ? to.define(output) : to.between(period, features);
  to.push(factorGradient({ vectors, pattern }), [to.of(x), to.of(dy), parts]);
  if (period === 1) return;
  const sum = reduceVectors({ sequences: 1, period, features, reduce: "sum", lengths: false });
  to.push(sum, [parts, to.define(output)]);
}
