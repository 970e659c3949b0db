import { distillationKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { DistillationOperation } from "./operation.ts";

export function lowerDistillation(operation: DistillationOperation, to: DeviceLowering): void {
  const [student, teacher] = [to.of(operation.student), to.of(operation.teacher)];
  const { batch, features, layout: from, dtype } = student;
  const { temperature, output } = operation;
  const problem = { batch, features, from, teacher: teacher.layout, dtype, temperature };
  // A number of each vector lies alike in both layouts.
  const y = to.define(output, { layout: "any" });
  to.push(distillationKernel(to.gpu.report, problem), [student.memory, y.memory, teacher.memory]);
}
