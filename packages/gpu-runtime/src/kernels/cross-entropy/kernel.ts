import type { Layout, StorageDtype } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { literal } from "../activation.ts";
import { lanesOf, type ReductionLanes, type VectorsShape } from "../feature-reduction/lanes.ts";
import { type ReductionBody, reductionKernel } from "../feature-reduction/shader.ts";
import { isNotFiniteWgsl, largerWgsl, nanWgsl } from "../not-a-number.ts";
import { indexBinding } from "../outputs.ts";
import { checks, requireProblem } from "../problem-checks.ts";

/**
 * Of the features of each vector, which are classes, with a label:
 * `log Σ exp x - (1 - smoothing) x[label] - smoothing · mean of x`.
 */
export interface CrossEntropyProblem {
  /** Vectors, padding included. */
  readonly batch: number;
  readonly features: number;
  /** Layout of x. */
  readonly from: Layout;
  readonly dtype: StorageDtype;
  /** What the other classes share of what is wanted, from 0 to below 1. */
  readonly smoothing: number;
  /** The label of vectors whose loss and gradient are 0; as those of labels at and above `features` are. */
  readonly ignored?: number | undefined;
}

/** The gradient of that, written in a layout of its own. */
export type CrossEntropyGradientProblem = CrossEntropyProblem & Pick<VectorsShape, "to">;

/** A label that is none. */
const NO_LABEL = 2 ** 32 - 1;

/** Below all numbers, of whose distance to this the exponential is 0. */
const LOWEST = "-3.4028234e38";

const problemChecks = {
  batch: checks.count,
  features: checks.count,
  from: checks.layout,
  dtype: checks.dtype,
  smoothing: checks.share,
  ignored: checks.optional(checks.word),
} as const;

/**
 * Generates the loss of each vector, in one pass over x. Bindings: x, y (a number for each vector), and labels (u32).
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function crossEntropyKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: CrossEntropyProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("cross-entropy", problem, problemChecks);
  const { features, smoothing } = problem;
  const shape = { ...problem, to: problem.from };
  return kernelOf(report, "cross-entropy", shape, given, [], (pieces) => {
    const { type, width, each, reduce, writeNumber } = pieces;
    // Only where numbers are wanted evenly does their sum count, in a pass of its own.
    const even =
      smoothing > 0
        ? `var distances = ${type}();
  ${each("distances += highest - value;")}
  ${reduce("far", "distances", "sum")}
  let smoothed = ${literal(smoothing)} * far / ${literal(features)};`
        : `let smoothed = ${type}();`;
    return `var picked = ${type}();
  ${exponentials(pieces, `picked = select(picked, value, ${isLabel(width)});`)}
  ${reduce("wanted", "picked", "sum")}
  ${even}
  let loss = log(total) + ${literal(1 - smoothing)} * (highest - wanted) + smoothed;
  let defined = select(loss, ${nanWgsl("group.z", width)}, wrong);
  ${writeNumber(`select(defined, ${type}(), uncounted)`)}`;
  });
}

/**
 * Generates `y = (softmax of x - what is wanted) · loss`, with the gradient of each vector's loss. Bindings: x, y,
 * labels (u32), and loss, a number for each vector.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function crossEntropyGradientKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: CrossEntropyGradientProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("cross-entropy-gradient", problem, { ...problemChecks, to: checks.layout });
  const { features, smoothing } = problem;
  return kernelOf(report, "cross-entropy-gradient", problem, given, ["loss"], (pieces) => {
    const { type, width, number, write } = pieces;
    const nan = nanWgsl("group.z", width);
    const wanted = `select(${type}(), ${type}(${literal(1 - smoothing)}), ${isLabel(width)})`;
    const share = `exp(value - highest) * inverse - ${literal(smoothing / features)} - ${wanted}`;
    return `${exponentials(pieces, "")}
  let inverse = select(1.0 / total, ${nan}, wrong);
  let loss = ${number("loss")};
  ${write(`select((${share}) * loss, ${type}(), uncounted)`)}`;
  });
}

function kernelOf(
  report: Pick<AdapterReport, "kind" | "features">,
  name: string,
  problem: CrossEntropyGradientProblem,
  given: ReductionLanes | undefined,
  numbers: readonly string[],
  body: (pieces: ReductionBody) => string,
): Kernel {
  const { features, ignored = NO_LABEL } = problem;
  const lanes = lanesOf(report, problem, given);
  const { width } = lanes;
  const all = (index: number): string => (width === 1 ? `${index}u` : `vec${width}u(${index}u)`);
  const or = width === 1 ? "||" : "|";
  return reductionKernel(
    name,
    problem,
    lanes,
    [indexBinding("labels"), ...numbers],
    (pieces) => `let label = ${pieces.index("labels")};
  let uncounted = (label >= ${all(features)}) ${or} (label == ${all(ignored)});
  ${body(pieces)}`,
  );
}

/** WGSL for whether `f` is the label. */
function isLabel(width: number): string {
  return `${width === 1 ? "f" : `vec${width}u(f)`} == label`;
}

/**
 * WGSL that defines `highest`, the largest number of a vector, `total`, the sum of the exponentials of the distances to
 * it, and whether these are `wrong`, in one pass: what was summed is scaled whenever a larger number is met.
 */
function exponentials({ width, type, each, reduce }: ReductionBody, statements: string): string {
  return `var largest = ${type}(${LOWEST});
  var sum = ${type}();
  ${each(`${statements}
    let power = exp(-abs(value - largest));
    sum = select(sum + power, fma(sum, power, ${type}(1.0)), value > largest);
    largest = ${largerWgsl("largest", "value", width)};`)}
  ${reduce("highest", "largest", "max")}
  let scaled = sum * exp(largest - highest);
  ${reduce("total", "scaled", "sum")}
  // Where a number is NaN, the largest is infinite, or none is finite: no driver's exp decides it.
  let wrong = ${anyOf(width, isNotFiniteWgsl("highest", width), `total <= ${type}()`)};`;
}

function anyOf(width: number, a: string, b: string): string {
  return `(${a}) ${width === 1 ? "||" : "|"} (${b})`;
}
