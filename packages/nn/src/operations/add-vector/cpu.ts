import { addPositions } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { AddVectorOperation } from "./operation.ts";

export function lowerAddVectorOnCpu(
  { x, vector, output }: AddVectorOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const call = addPositions({
    ...{ vectors, features, period: 1, positions: 1 },
    prepended: false,
    position: false,
  });
  to.push(call, [to.of(x), to.define(output), to.parameter(vector)]);
}
