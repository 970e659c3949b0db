import { distillation } from "@papilio/cpu-runtime/kernels";
import type { CpuLowering } from "../cpu-lowering.ts";
import type { DistillationOperation } from "./operation.ts";

export function lowerDistillationOnCpu(
  { student, teacher, temperature, output }: DistillationOperation,
  to: CpuLowering,
): void {
  const { vectors, features } = student;
  const call = distillation({ vectors, features, temperature });
  to.push(call, [to.of(student), to.of(teacher), to.define(output)]);
}
