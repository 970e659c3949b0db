import { accumulate } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { AccumulateOperation } from "./operation.ts";

export function lowerAccumulateOnCpu(
  { x, state, given, output }: AccumulateOperation,
  to: CpuLowering,
): void {
  const sum = to.state(state, "rows");
  to.push(accumulate(x.features), [sum, to.of(x), to.of(given)]);
  to.alias(output, sum);
}
