import { stepSettings, sumOfSquares, sumOfSquaresParts } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { StepSettingsOperation } from "./operation.ts";

/** The sum of squares of each gradient, in parts that lie one after another. */
export function lowerStepSettingsOnCpu(
  { gradients, loss, given, clip, output }: StepSettingsOperation,
  to: CpuLowering,
): void {
  const parts = gradients.map(({ features }) => sumOfSquaresParts(features));
  const count = parts.reduce((sum, own) => sum + own, 0);
  const all = to.ownMemory(4 * count, "sums of squares");
  let { address } = all;
  for (const [index, gradient] of gradients.entries()) {
    const bytes = 4 * (parts[index] as number);
    to.push(sumOfSquares(gradient.features), [to.of(gradient), { address, bytes }]);
    address += bytes;
  }
  const operands = [all, to.of(loss), to.of(given), to.define(output)];
  to.push(stepSettings({ parts: count, clip }), operands);
}
