import { reduceVectors } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { ReduceVectorsOperation } from "./operation.ts";

export function lowerReduceVectorsOnCpu(operation: ReduceVectorsOperation, to: CpuLowering): void {
  const { x, reduce, period, lengths, output } = operation;
  const call = reduceVectors({
    ...{ period, reduce },
    sequences: output.vectors,
    features: x.features,
    lengths: lengths !== undefined,
  });
  to.push(call, [to.of(x), to.define(output), ...memoryOf(to, lengths)]);
}
