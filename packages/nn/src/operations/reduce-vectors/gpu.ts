import { reduceVectorsKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { batchesOf } from "../shared/device-operands.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { ReduceVectorsOperation } from "./operation.ts";

export function lowerReduceVectors(operation: ReduceVectorsOperation, to: DeviceLowering): void {
  const { x, reduce, period, lengths, output } = operation;
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = reduceVectorsKernel({
    kind: reduce,
    groups: output.vectors,
    period,
    features: x.features,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: batchesOf(input, y),
    lengths: lengths !== undefined,
  });
  to.push(kernel, [input.memory, y.memory, ...memoryOf(to, lengths)]);
}
