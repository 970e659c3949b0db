import { addPositions } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { AddPositionsOperation } from "./operation.ts";

export function lowerAddPositionsOnCpu(operation: AddPositionsOperation, to: CpuLowering): void {
  const { x, table, period, prepended, position, output } = operation;
  const { vectors, features } = x;
  const call = addPositions({
    ...{ vectors, features, period },
    positions: table.length / features,
    prepended: prepended !== undefined,
    position: position !== undefined,
    each: position !== undefined && position.length > 1,
  });
  to.push(call, [to.of(x), to.define(output), ...memoryOf(to, table, prepended, position)]);
}
