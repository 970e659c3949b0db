import { number } from "../../arguments/checks.ts";
import { valueCheck } from "../../graph/operand-checks.ts";
import { requireSameShape, requireShape } from "../../graph/operands.ts";
import type { GraphOperation, OperationDefinition } from "../../graph/operation.ts";
import type { Value } from "../../graph/value.ts";
import { requireTemperature } from "../shared/temperature.ts";

/** The gradient of the student's vectors, of those whose divergence was computed. */
export interface DistillationGradientOperation extends GraphOperation<"distillation-gradient"> {
  readonly student: Value;
  readonly teacher: Value;
  /** The gradient of each vector's loss. */
  readonly loss: Value;
  readonly temperature: number;
}

/** What a graph must know of the operation. */
export const distillationGradientDefinition: OperationDefinition<DistillationGradientOperation> = {
  kind: "distillation-gradient",
  fields: { student: valueCheck, teacher: valueCheck, loss: valueCheck, temperature: number },
  operands: ({ student, teacher, loss }) => [student, teacher, loss],
  flops: ({ student }) => 64 * student.vectors * student.features,
};

/** `temperature · (p - q) · loss`, of each vector, with p and q of the student and of the teacher. */
export function distillationGradient(
  student: Value,
  teacher: Value,
  loss: Value,
  temperature: number,
  path: string = "",
): Value {
  requireSameShape(path, student, teacher);
  requireShape(path, loss, student.vectors, 1);
  requireTemperature(temperature);
  const fields = { path, student, teacher, loss, temperature };
  return student.graph.add(distillationGradientDefinition, fields, student);
}
