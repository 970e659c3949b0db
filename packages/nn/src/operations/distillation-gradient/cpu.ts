import { distillationGradient } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { DistillationGradientOperation } from "./operation.ts";

export function lowerDistillationGradientOnCpu(
  { student, teacher, loss, temperature, output }: DistillationGradientOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = student;
  const call = distillationGradient({ vectors, features, temperature });
  to.push(call, [to.of(student), to.of(teacher), to.of(loss), to.define(output)]);
}
