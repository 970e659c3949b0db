import { rotaryKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { RotaryOperation } from "./operation.ts";

export function lowerRotary(operation: RotaryOperation, to: DeviceLowering): void {
  const { x, headFeatures, style, cosines, sines, period, position, output } = operation;
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = rotaryKernel({
    batch: y.batch,
    features: x.features,
    headFeatures,
    style,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    period,
    tableRows: cosines.shape[0] as number,
    position: position !== undefined,
    sequences: position?.length ?? 1,
  });
  // Angles are kept in float32: half precision would put far positions elsewhere.
  const tables = [cosines, sines].map((table) => to.parameter(table, "f32"));
  to.push(kernel, [input.memory, y.memory, ...tables, ...memoryOf(to, position)]);
}
