import { spreadVectorsKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import { batchesOf } from "../shared/device-operands.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { SpreadVectorsOperation } from "./operation.ts";

export function lowerSpreadVectors(operation: SpreadVectorsOperation, to: DeviceLowering): void {
  const { reduce, period, lengths, output } = operation;
  const dy = to.of(operation.dy);
  const x = operation.x && to.of(operation.x);
  const dx = to.define(output, { layout: "any" });
  const kernel = spreadVectorsKernel({
    kind: reduce,
    groups: operation.dy.vectors,
    period,
    features: dy.features,
    from: dy.layout,
    to: dx.layout,
    dtype: dx.dtype,
    batches: batchesOf(dy, dx),
    lengths: lengths !== undefined,
    x,
  });
  const read = x === undefined ? [] : [x.memory];
  to.push(kernel, [dy.memory, dx.memory, ...read, ...memoryOf(to, lengths)]);
}
