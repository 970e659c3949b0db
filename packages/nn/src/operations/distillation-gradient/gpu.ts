import { distillationGradientKernel } from "@papilio/gpu-runtime/kernels";
import type { DeviceLowering } from "../device-lowering.ts";
import type { DistillationGradientOperation } from "./operation.ts";

export function lowerDistillationGradient(
  operation: DistillationGradientOperation,
  to: DeviceLowering,
): void {
  const [student, teacher] = [to.of(operation.student), to.of(operation.teacher)];
  const loss = to.of(operation.loss);
  const y = to.define(operation.output, { layout: "any" });
  const { batch, features, dtype } = y;
  const { temperature } = operation;
  const layouts = { from: student.layout, teacher: teacher.layout, to: y.layout };
  const problem = { batch, features, ...layouts, dtype, temperature };
  const kernel = distillationGradientKernel(to.gpu.report, problem);
  to.push(kernel, [student.memory, y.memory, teacher.memory, loss.memory]);
}
