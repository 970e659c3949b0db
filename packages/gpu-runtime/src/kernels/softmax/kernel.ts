import type { Kernel } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { lanesOf, type ReductionLanes, type VectorsShape } from "../feature-reduction/lanes.ts";
import { reductionKernel } from "../feature-reduction/shader.ts";
import { isNotFiniteWgsl, largerWgsl, nanWgsl, negativeInfinityWgsl } from "../not-a-number.ts";
import { checks, requireCounts, requireProblem, storageChecks } from "../problem-checks.ts";

/** `exp(x) / Σ exp(x)` over the features of each vector, or its logarithm. */
export interface SoftmaxProblem extends VectorsShape {
  readonly log: boolean;
}

/**
 * Generates the softmax or its logarithm. Bindings: x, y. The largest number of a vector is taken off
 * first, so that no exponential overflows. Arithmetic is in float32.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function softmaxKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: SoftmaxProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("softmax", problem, {
    ...storageChecks,
    batch: checks.count,
    features: checks.count,
    log: checks.flag,
  });
  const lanes = lanesOf(report, problem, given);
  const { batch, features, log } = problem;
  requireCounts("softmax", { batch, features });
  return reductionKernel(
    `${log ? "log-" : ""}softmax`,
    problem,
    lanes,
    [],
    ({
      width,
      type,
      each,
      reduce,
      write,
    }) => `var largest = ${negativeInfinityWgsl("group.z", width)};
  ${each(`largest = ${largerWgsl("largest", "value", width)};`)}
  ${reduce("highest", "largest", "max")}
  var sum = ${type}();
  ${each("sum += exp(value - highest);")}
  ${reduce("total", "sum", "sum")}
  // Where a number is NaN, or the largest is infinite: no driver's exp decides it.
  let wrong = ${isNotFiniteWgsl("highest", width)};
  let nan = ${nanWgsl("group.z", width)};
  ${
    log
      ? `let logarithm = select(log(total), nan, wrong);
  ${write("value - highest - logarithm")}`
      : `let share = select(1.0 / total, nan, wrong);
  ${write("exp(value - highest) * share")}`
  }`,
  );
}
