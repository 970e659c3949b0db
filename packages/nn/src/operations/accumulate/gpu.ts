import { accumulateKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { AccumulateOperation } from "./operation.ts";

export function lowerAccumulate(
  { x, state, given, output }: AccumulateOperation,
  to: DeviceLowering,
): void {
  const [input, sum] = [to.of(x), to.of(state)];
  const kernel = accumulateKernel({ length: x.features, dtype: input.dtype });
  to.push(kernel, [input.memory, sum.memory, to.of(given).memory]);
  to.alias(output, sum);
}
