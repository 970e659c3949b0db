import { rotary } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { RotaryOperation } from "./operation.ts";

export function lowerRotaryOnCpu(operation: RotaryOperation, to: CpuLowering): void {
  const { x, headFeatures, style, cosines, sines, period, position, output } = operation;
  const call = rotary({
    vectors: x.vectors,
    features: x.features,
    ...{ headFeatures, style, period },
    positions: cosines.shape[0] as number,
    position: position !== undefined,
    each: position !== undefined && position.length > 1,
  });
  to.push(call, [to.of(x), to.define(output), ...memoryOf(to, cosines, sines, position)]);
}
