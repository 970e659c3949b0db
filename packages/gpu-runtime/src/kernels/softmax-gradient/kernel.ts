import type { Layout } from "@papilio/butterfly";
import type { Kernel } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { lanesOf, type ReductionLanes, type VectorsShape } from "../feature-reduction/lanes.ts";
import { reductionKernel } from "../feature-reduction/shader.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";

/**
 * From x, which softmax has computed: `y = x · (dy - Σ x dy)` over the features of each vector; where x is the
 * logarithm of softmax, `y = dy - exp(x) Σ dy`.
 */
export interface SoftmaxGradientProblem extends VectorsShape {
  readonly log: boolean;
  /** Layout of dy. */
  readonly gradient: Layout;
}

/**
 * Generates the gradient of softmax. Bindings: x, y, dy.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function softmaxGradientKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: SoftmaxGradientProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("softmax-gradient", problem, {
    ...storageChecks,
    gradient: checks.layout,
    batch: checks.count,
    features: checks.count,
    log: checks.flag,
  });
  const { log, gradient } = problem;
  const name = `${log ? "log-" : ""}softmax-gradient`;
  const lanes = lanesOf(report, problem, given, [gradient]);
  return reductionKernel(name, problem, lanes, ["dy"], ({ type, each, reduce, write, feature }) => {
    const dy = feature("dy", gradient);
    return `var sum = ${type}();
  ${each(log ? `sum += ${dy};` : `sum = fma(value, ${dy}, sum);`)}
  ${reduce("total", "sum", "sum")}
  ${write(log ? `${dy} - exp(value) * total` : `value * (${dy} - total)`)}`;
  });
}
