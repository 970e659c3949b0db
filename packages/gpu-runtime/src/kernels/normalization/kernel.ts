import type { Binding, Kernel } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { literal } from "../activation.ts";
import { lanesOf, type ReductionLanes, type VectorsShape } from "../feature-reduction/lanes.ts";
import { type ReductionBody, reductionKernel } from "../feature-reduction/shader.ts";
import { largerWgsl } from "../not-a-number.ts";
import {
  checks,
  requireCounts,
  requireNumber,
  requireProblem,
  storageChecks,
} from "../problem-checks.ts";

/** A normalization of each vector, as PyTorch's of the same name. */
export interface NormalizationProblem extends VectorsShape {
  /**
   * With `n` features: `"layer"` is `(x - mean) / √(variance + epsilon)`, the variance over `n`;
   * `"rms"` is `x / √(mean of x² + epsilon)`; `"l2"` is `x / max(‖x‖, epsilon)`.
   */
  readonly kind: "layer" | "rms" | "l2";
  readonly epsilon: number;
  /** Whether each feature is multiplied by a weight, and then added to. */
  readonly weight: boolean;
  readonly bias: boolean;
}

/**
 * Generates a normalization. Bindings: x, y, then weight and bias if there are any, `features` numbers
 * each, stored as the vectors are. Arithmetic is in float32; the variance is the mean of squared
 * distances to the mean, in a pass of its own, so that it does not cancel.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function normalizationKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: NormalizationProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("normalization", problem, {
    ...storageChecks,
    kind: checks.oneOf("layer", "rms", "l2"),
    batch: checks.count,
    features: checks.count,
    weight: checks.flag,
    bias: checks.flag,
  });
  const lanes = lanesOf(report, problem, given);
  const { kind, batch, features, dtype, weight, bias, epsilon } = problem;
  requireCounts("normalization", { batch, features });
  requireNumber("normalization", { epsilon }, 0);
  const parameters: Binding[] = [
    ...(weight ? [{ name: "weight", elements: dtype, access: "read" } as const] : []),
    ...(bias ? [{ name: "bias", elements: dtype, access: "read" } as const] : []),
  ];
  return reductionKernel(`normalization ${kind}`, problem, lanes, parameters, (pieces) => {
    const weighed = weight ? " * f32(weight[f])" : "";
    const moved = bias ? ` + f32(bias[f])` : "";
    return `${factorOf[kind](pieces, features, literal(epsilon))}
  ${pieces.write(`${kind === "layer" ? "(value - mean)" : "value"} * factor${weighed}${moved}`)}`;
  });
}

/** WGSL that defines `factor`, by which a vector is multiplied, and `mean` where there is one. */
export const factorOf: Readonly<
  Record<
    NormalizationProblem["kind"],
    (pieces: ReductionBody, features: number, epsilon: string) => string
  >
> = {
  layer: ({ type, each, reduce }, features, epsilon) => `var sum = ${type}();
  ${each("sum += value;")}
  ${reduce("total", "sum", "sum")}
  let mean = total / ${literal(features)};
  var squares = ${type}();
  ${each("squares = fma(value - mean, value - mean, squares);")}
  ${reduce("spread", "squares", "sum")}
  let factor = inverseSqrt(spread / ${literal(features)} + ${epsilon});`,
  rms: (pieces, features, epsilon) => `${squared(pieces)}
  let factor = inverseSqrt(norm / ${literal(features)} + ${epsilon});`,
  l2: (pieces, _, epsilon) => `${squared(pieces)}
  let least = ${pieces.type}(${epsilon});
  let length = sqrt(norm);
  let factor = 1.0 / ${largerWgsl("length", "least", pieces.width)};`,
};

function squared({ type, each, reduce }: ReductionBody): string {
  return `var squares = ${type}();
  ${each("squares = fma(value, value, squares);")}
  ${reduce("norm", "squares", "sum")}`;
}
