import type { Layout, StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { literal } from "../activation.ts";
import { lanesOf, type ReductionLanes, type VectorsShape } from "../feature-reduction/lanes.ts";
import { type ReductionBody, reductionKernel } from "../feature-reduction/shader.ts";
import { isNotFiniteWgsl, largerWgsl, nanWgsl, negativeInfinityWgsl } from "../not-a-number.ts";
import { checks, requireProblem } from "../problem-checks.ts";

/**
 * With p and q, the softmax of a student's and of a teacher's features divided by the temperature: the Kullback-Leibler
 * divergence of the student from the teacher, `temperature² Σ q log (q / p)` (Hinton, Vinyals and Dean, 2015).
 */
export interface DistillationProblem {
  /** Vectors, padding included. */
  readonly batch: number;
  readonly features: number;
  /** Layout of x, the student, and of the teacher. */
  readonly from: Layout;
  readonly teacher: Layout;
  readonly dtype: StorageDtype;
  readonly temperature: number;
}

/** The gradient of that, written in a layout of its own. */
export type DistillationGradientProblem = DistillationProblem & Pick<VectorsShape, "to">;

const problemChecks = {
  batch: checks.count,
  features: checks.count,
  from: checks.layout,
  teacher: checks.layout,
  dtype: checks.dtype,
  temperature: checks.positive,
} as const;

/**
 * Generates the divergence of each vector. Bindings: x, y (a number for each vector), and teacher.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function distillationKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: DistillationProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("distillation", problem, problemChecks);
  const shape = { ...problem, to: problem.from };
  const lanes = lanesOf(report, shape, given, [problem.teacher]);
  return reductionKernel("distillation", shape, lanes, ["teacher"], (pieces) => {
    const { width, type, reduce, writeNumber } = pieces;
    const term = `// What has no share counts nothing, though its exponent may be infinite.
    differences += select(power * (above - below), ${type}(), power == ${type}());`;
    return `var differences = ${type}();
  ${softened(pieces, problem, term)}
  ${reduce("difference", "differences", "sum")}
  let divergence = difference / ofTeacher + log(ofStudent) - log(ofTeacher);
  let scaled = ${literal(problem.temperature ** 2)} * divergence;
  ${writeNumber(`select(scaled, ${nanWgsl("group.z", width)}, wrong)`)}`;
  });
}

/**
 * Generates `y = temperature · (p - q) · loss`, the student's, with the gradient of each vector's loss. Bindings: x, y,
 * teacher, and loss, a number for each vector.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function distillationGradientKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: DistillationGradientProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("distillation-gradient", problem, { ...problemChecks, to: checks.layout });
  const lanes = lanesOf(report, problem, given, [problem.teacher]);
  const reads = ["teacher", "loss"];
  return reductionKernel("distillation-gradient", problem, lanes, reads, (pieces) => {
    const { width, number, write } = pieces;
    const inverse = literal(1 / problem.temperature);
    const teacher = pieces.feature("teacher", problem.teacher);
    return `${softened(pieces, problem, "")}
  let scaled = ${literal(problem.temperature)} * ${number("loss")};
  let factor = select(scaled, ${nanWgsl("group.z", width)}, wrong);
  ${write(`factor * (exp((value - mostOfStudent) * ${inverse}) / ofStudent - exp((${teacher} - mostOfTeacher) * ${inverse}) / ofTeacher)`)}`;
  });
}

/**
 * WGSL that defines the largest numbers `mostOfStudent` and `mostOfTeacher`, the sums of the exponentials of what lies
 * below them, divided by the temperature, `ofStudent` and `ofTeacher`, and whether these are `wrong`.
 *
 * @param statements for each feature, with its exponents `below` and `above`, and the teacher's exponential `power`
 */
function softened(
  { width, type, each, reduce, feature }: ReductionBody,
  { teacher, temperature }: DistillationProblem,
  statements: string,
): string {
  const inverse = literal(1 / temperature);
  const other = feature("teacher", teacher);
  return `var highStudent = ${negativeInfinityWgsl("group.z", width)};
  var highTeacher = highStudent;
  ${each(`let other = ${other};
    highStudent = ${largerWgsl("highStudent", "value", width)};
    highTeacher = ${largerWgsl("highTeacher", "other", width)};`)}
  ${reduce("mostOfStudent", "highStudent", "max")}
  ${reduce("mostOfTeacher", "highTeacher", "max")}
  var sumOfStudent = ${type}();
  var sumOfTeacher = ${type}();
  ${each(`let below = (value - mostOfStudent) * ${inverse};
    let above = (${other} - mostOfTeacher) * ${inverse};
    let power = exp(above);
    sumOfStudent += exp(below);
    sumOfTeacher += power;
    ${statements}`)}
  ${reduce("ofStudent", "sumOfStudent", "sum")}
  ${reduce("ofTeacher", "sumOfTeacher", "sum")}
  // Where a number is NaN, or the largest is infinite: no driver's exp decides it.
  let wrong = ${isNotFiniteWgsl("mostOfStudent", width)} ${width === 1 ? "||" : "|"} ${isNotFiniteWgsl("mostOfTeacher", width)};`;
}
