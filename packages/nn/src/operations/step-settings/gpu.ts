import {
  stepSettingsKernel,
  sumOfSquaresKernel,
  sumOfSquaresParts,
} from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { spanWithin } from "../shared/span-within.ts";
import type { StepSettingsOperation } from "./operation.ts";

/** Where a binding may begin, in numbers. */
const ALIGNMENT = 64;

/** The sum of squares of each gradient, in parts between which there are zeros. */
export function lowerStepSettings(
  { gradients, loss, given, clip, output }: StepSettingsOperation,
  to: DeviceLowering,
): void {
  const all = gradients.map((gradient) => {
    const { memory, dtype } = to.of(gradient);
    const problem = { length: gradient.features, dtype };
    return { memory, problem, parts: sumOfSquaresParts(problem) };
  });
  const places = all.map(({ parts }) => Math.ceil(parts / ALIGNMENT) * ALIGNMENT);
  const count = places.reduce((sum, own) => sum + own, 0);
  const sums = to.ownMemory(count, "sums of squares");
  let start = 0;
  for (const [index, { memory, problem, parts }] of all.entries()) {
    to.push(sumOfSquaresKernel(problem), [memory, spanWithin(sums, start, 4 * parts)]);
    start += 4 * (places[index] as number);
  }
  const y = to.define(output, { layout: "any" });
  const { memory, dtype } = to.of(loss);
  const kernel = stepSettingsKernel({ parts: count, dtype, clip });
  to.push(kernel, [sums, y.memory, memory, to.of(given).memory]);
}
