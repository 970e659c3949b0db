import { addPositionsKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { batchesOf } from "../shared/device-operands.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { AddPositionsOperation } from "./operation.ts";

export function lowerAddPositions(operation: AddPositionsOperation, to: DeviceLowering): void {
  const { x, table, period, prepended, position, output } = operation;
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = addPositionsKernel({
    count: x.vectors,
    features: x.features,
    period,
    prepend: prepended !== undefined,
    tableRows: table.length / x.features,
    position: position !== undefined,
    each: position !== undefined && position.length > 1,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: batchesOf(input, y),
  });
  to.push(kernel, [
    input.memory,
    to.parameter(table),
    y.memory,
    ...memoryOf(to, prepended, position),
  ]);
}
