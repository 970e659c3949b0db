import { elementwise } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { layoutOf } from "../shared/cpu-operands.ts";
import type { ActivationOperation } from "./operation.ts";

export function lowerActivationOnCpu(
  { x, activation, output }: ActivationOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const input = to.of(x);
  const call = elementwise({ vectors, features, layout: layoutOf(input), activation });
  to.push(call, [input, to.define(output)]);
}
