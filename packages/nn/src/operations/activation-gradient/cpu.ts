import { activationGradient } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { layoutOf } from "../shared/cpu-operands.ts";
import type { ActivationGradientOperation } from "./operation.ts";

export function lowerActivationGradientOnCpu(
  { x, dy, activation, output }: ActivationGradientOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = x;
  const [input, gradient] = [to.of(x), to.of(dy)];
  const layout = layoutOf(input, gradient);
  const call = activationGradient({ vectors, features, layout, activation });
  to.push(call, [input, gradient, to.define(output)]);
}
