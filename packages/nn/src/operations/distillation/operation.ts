import { number } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { requireTemperature } from "../shared/temperature.ts";

/** The divergence of a student's softened classes from a teacher's, of each vector: a number for each. */
export interface DistillationOperation extends GraphOperation<"distillation"> {
  readonly student: Value;
  readonly teacher: Value;
  readonly temperature: number;
}

/** What a graph must know of the operation. */
export const distillationDefinition: OperationDefinition<DistillationOperation> = {
  kind: "distillation",
  fields: { student: valueCheck, teacher: valueCheck, temperature: number },
  operands: ({ student, teacher }) => [student, teacher],
  flops: ({ student }) => 32 * student.vectors * student.features,
};

/** `temperature² Σ q log (q / p)`, with the softmax p of the student and q of the teacher, divided by the temperature. */
export function distillationOfVectors(
  student: Value,
  teacher: Value,
  temperature: number,
  path: string = "",
): Value {
  requireSameShape(path, student, teacher);
  requireTemperature(temperature);
  const shape = { vectors: student.vectors, features: 1 };
  return student.graph.add(distillationDefinition, { path, student, teacher, temperature }, shape);
}
