import {
  describeValue,
  requireNumber,
  requireObject,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { DISTILLATION } from "../wasm/kernel-ids.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { vectorItems } from "./lane-groups.ts";
import { vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand } from "./problem.ts";

/**
 * With p and q, the softmax of a student's and of a teacher's features divided by the temperature: the Kullback-Leibler
 * divergence of the student from the teacher, `temperature² Σ q log (q / p)` (Hinton, Vinyals and Dean, 2015).
 */
export interface DistillationProblem extends VectorsShape {
  readonly temperature: number;
}

/** Powers of an item, some tens of microseconds. */
const ITEM_POWERS = 2 ** 14;
/** Five sums of four vectors. */
const SCRATCH_BYTES = 80;

/**
 * Operands: student, teacher, and loss, a number for each vector.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function distillation(problem: DistillationProblem): KernelCall {
  requireProblem(problem);
  const { vectors, features, temperature } = problem;
  const { items, tilesEach } = vectorItems(problem, ITEM_POWERS);
  return {
    kernel: DISTILLATION,
    label: `distillation ${vectors} x ${features}`,
    items,
    scratchBytes: SCRATCH_BYTES,
    operands: [
      vectorsOperand("student", "read", "tiles", problem),
      vectorsOperand("teacher", "read", "tiles", problem),
      vectorsOperand("loss", "write", "tiles", { vectors, features: 1 }),
    ],
    words: ([student = 0, teacher = 0, loss = 0]) => [
      ...[student, teacher, loss, 0, vectors, features, floatWord(temperature), tilesEach],
    ],
    flops: 32 * vectors * features,
    bytes: 2 * vectorsBytes("tiles", vectors, features),
  };
}

/**
 * `dx = temperature · (p - q) · loss`, of the student, with the gradient of each vector's loss. Operands: student,
 * teacher, loss and dx.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function distillationGradient(problem: DistillationProblem): KernelCall {
  requireProblem(problem);
  const { vectors, features, temperature } = problem;
  const { items, tilesEach } = vectorItems(problem, ITEM_POWERS / 2);
  return {
    kernel: DISTILLATION,
    label: `gradient of distillation ${vectors} x ${features}`,
    items,
    scratchBytes: SCRATCH_BYTES,
    operands: [
      vectorsOperand("student", "read", "tiles", problem),
      vectorsOperand("teacher", "read", "tiles", problem),
      vectorsOperand("loss", "read", "tiles", { vectors, features: 1 }),
      vectorsOperand("dx", "write", "tiles", problem),
    ],
    words: ([student = 0, teacher = 0, loss = 0, dx = 0]) => [
      ...[student, teacher, loss, dx, vectors, features, floatWord(temperature), tilesEach],
    ],
    flops: 64 * vectors * features,
    bytes: 3 * vectorsBytes("tiles", vectors, features),
  };
}

function requireProblem(problem: DistillationProblem): void {
  requireObject("The problem", problem, "a DistillationProblem");
  requireVectorsShape(problem);
  const { temperature } = problem;
  requireNumber("The temperature", temperature);
  const single = Math.fround(temperature);
  if (single > 0 && Number.isFinite(Math.fround(single * single))) return;
  throw wrongArgument("The temperature", describeValue(temperature), "a finite number above 0");
}
