import { elementwise } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { layoutOf } from "../shared/cpu-operands.ts";
import type { CombineOperation } from "./operation.ts";

export function lowerCombineOnCpu(
  { x, other, operation, output }: CombineOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const [left, right] = [to.of(x), to.of(other)];
  const layout = layoutOf(left, right);
  const call = elementwise({ vectors, features, layout, combine: operation });
  to.push(call, [left, to.define(output), right]);
}
