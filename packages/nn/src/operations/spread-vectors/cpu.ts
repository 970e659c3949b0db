import { spreadVectors } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { SpreadVectorsOperation } from "./operation.ts";

export function lowerSpreadVectorsOnCpu(operation: SpreadVectorsOperation, to: CpuLowering): void {
  const { dy, reduce, period, lengths, x, output } = operation;
  const call = spreadVectors({
    ...{ period, reduce },
    sequences: dy.vectors,
    features: dy.features,
    lengths: lengths !== undefined,
  });
  const read = x === undefined ? [] : [to.of(x)];
  to.push(call, [to.of(dy), to.define(output), ...read, ...memoryOf(to, lengths)]);
}
