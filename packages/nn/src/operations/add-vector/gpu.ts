import { addPositionsKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { AddVectorOperation } from "./operation.ts";

export function lowerAddVector(
  { x, vector, output }: AddVectorOperation,
  to: DeviceLowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = addPositionsKernel({
    count: batch,
    features,
    period: 1,
    prepend: false,
    tableRows: 1,
    position: false,
    from: input.layout,
    to: y.layout,
    dtype,
    batches: { from: batch, to: batch },
  });
  to.push(kernel, [input.memory, to.parameter(vector), y.memory]);
}
