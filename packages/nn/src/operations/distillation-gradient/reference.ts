import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { softened } from "../shared/softened.ts";
import type { DistillationGradientOperation } from "./operation.ts";

export function evaluateDistillationGradient(
  { student, teacher, loss, temperature }: DistillationGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const [students, teachers] = [context.of(student), context.of(teacher)];
  const gradients = context.of(loss);
  const { features } = student;
  const dx = context.zeros(student);
  for (let vector = 0; vector < student.vectors; vector++) {
    const [start, end] = [vector * features, (vector + 1) * features];
    const own = softened(students.subarray(start, end), temperature);
    const wanted = softened(teachers.subarray(start, end), temperature);
    const factor = temperature * (gradients[vector] as number);
    own.exponents.forEach((exponent, feature) => {
      const share = Math.exp(wanted.exponents[feature] as number) / wanted.total;
      dx[start + feature] = factor * (Math.exp(exponent) / own.total - share);
    });
  }
  return dx;
}
