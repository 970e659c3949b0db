import type { Layout, StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { literal } from "../activation.ts";
import { lanesOf, type ReductionLanes, type VectorsShape } from "../feature-reduction/lanes.ts";
import { reductionKernel } from "../feature-reduction/shader.ts";
import { checks, requireProblem } from "../problem-checks.ts";

/** The mean of `(x - target)²` over the features of each vector. */
export interface SquaredErrorProblem {
  /** Vectors, padding included. */
  readonly batch: number;
  readonly features: number;
  /** Layout of x, and of the target. */
  readonly from: Layout;
  readonly target: Layout;
  readonly dtype: StorageDtype;
}

/** The gradient of that, written in a layout of its own. */
export type SquaredErrorGradientProblem = SquaredErrorProblem & Pick<VectorsShape, "to">;

/** WGSL keeps the word `target` for itself. */
const TARGET = "wanted";

const problemChecks = {
  batch: checks.count,
  features: checks.count,
  from: checks.layout,
  target: checks.layout,
  dtype: checks.dtype,
} as const;

/**
 * Generates the error of each vector. Bindings: x, y (a number for each vector), and wanted, the target.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function squaredErrorKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: SquaredErrorProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("squared-error", problem, problemChecks);
  const { features, from, target } = problem;
  const shape = { ...problem, to: from };
  const lanes = lanesOf(report, shape, given, [target]);
  return reductionKernel(
    "squared-error",
    shape,
    lanes,
    [TARGET],
    ({ type, each, reduce, feature, writeNumber }) => `var squares = ${type}();
  ${each(`let difference = value - ${feature(TARGET, target)};
    squares = fma(difference, difference, squares);`)}
  ${reduce("total", "squares", "sum")}
  ${writeNumber(`total / ${literal(features)}`)}`,
  );
}

/**
 * Generates `y = 2 (x - target) · loss / features`, with the gradient of each vector's loss; that of the target is the
 * same of both exchanged. Bindings: x, y, wanted (the target), and loss, a number for each vector.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function squaredErrorGradientKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: SquaredErrorGradientProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("squared-error-gradient", problem, { ...problemChecks, to: checks.layout });
  const { features, target } = problem;
  const lanes = lanesOf(report, problem, given, [target]);
  return reductionKernel(
    "squared-error-gradient",
    problem,
    lanes,
    [TARGET, "loss"],
    ({ number, write, feature }) => `let factor = ${literal(2 / features)} * ${number("loss")};
  ${write(`factor * (value - ${feature(TARGET, target)})`)}`,
  );
}
