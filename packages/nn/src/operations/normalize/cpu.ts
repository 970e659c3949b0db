import { normalize } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import { memoryOf } from "../shared/memory-of.ts";
import type { NormalizeOperation } from "./operation.ts";

export function lowerNormalizeOnCpu(operation: NormalizeOperation, to: CpuLowering): void {
  const { x, norm, epsilon, weight, bias, output } = operation;
  const { vectors, features } = x;
  const call = normalize({
    ...{ vectors, features, norm, epsilon },
    weight: weight !== undefined,
    bias: bias !== undefined,
  });
  to.push(call, [to.of(x), to.define(output), ...memoryOf(to, weight, bias)]);
}
