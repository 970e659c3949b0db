import { dropout } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { DropoutOperation } from "./operation.ts";

export function lowerDropoutOnCpu(
  { x, seed, rate, stream, output }: DropoutOperation,
  to: CpuLowering,
): void {
  const call = dropout({ vectors: x.vectors, features: x.features, rate, stream });
  to.push(call, [to.indices(seed), to.of(x), to.define(output)]);
}
