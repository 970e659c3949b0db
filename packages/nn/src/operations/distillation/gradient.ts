import type { Value } from "../../graph/value.ts";
import { distillationGradient } from "../distillation-gradient/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import type { DistillationOperation } from "./operation.ts";

/** The teacher is taken as it is: it has no gradient. */
export function gradientOfDistillation(
  { student, teacher, temperature, path }: DistillationOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (!to.needs(student)) return;
  to.add(student, distillationGradient(student, teacher, dy, temperature, path));
}
