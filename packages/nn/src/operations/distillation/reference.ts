import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { softened } from "../shared/softened.ts";
import type { DistillationOperation } from "./operation.ts";

export function evaluateDistillation(
  { student, teacher, temperature, output }: DistillationOperation,
  context: ReferenceContext,
): FloatArray {
  const [students, teachers] = [context.of(student), context.of(teacher)];
  const { features } = student;
  const losses = context.zeros(output);
  for (let vector = 0; vector < student.vectors; vector++) {
    const [start, end] = [vector * features, (vector + 1) * features];
    const own = softened(students.subarray(start, end), temperature);
    const wanted = softened(teachers.subarray(start, end), temperature);
    let difference = 0;
    wanted.exponents.forEach((exponent, feature) => {
      const power = Math.exp(exponent);
      // What has no share counts nothing, though its exponent may be infinite.
      if (power !== 0) difference += power * (exponent - (own.exponents[feature] as number));
    });
    const logarithms = Math.log(own.total) - Math.log(wanted.total);
    losses[vector] = temperature ** 2 * (difference / wanted.total + logarithms);
  }
  return losses;
}
