import type { Layout } from "@papilio/butterfly";
import type { Binding, Kernel } from "../../device/kernel.ts";
import type { AdapterReport } from "../../device/report.ts";
import { literal } from "../activation.ts";
import { lanesOf, type ReductionLanes } from "../feature-reduction/lanes.ts";
import { reductionKernel } from "../feature-reduction/shader.ts";
import { factorOf, type NormalizationProblem } from "../normalization/kernel.ts";
import { checks, requireNumber, requireProblem, storageChecks } from "../problem-checks.ts";

/**
 * With `n` features, `x̂` the normalized vector, `g` the gradient dy times the weight, and `r` what x is divided by:
 * `y = (g - mean of g - x̂ · mean of g x̂) / r` for `"layer"`, without the first mean for `"rms"`. For `"l2"` it is
 * `(g - x̂ · Σ g x̂) / r`, and `g / r` where a vector is not longer than epsilon.
 */
export interface NormalizationGradientProblem extends Omit<NormalizationProblem, "bias"> {
  /** Layout of dy. */
  readonly gradient: Layout;
}

/**
 * Generates the gradient of what is normalized. Bindings: x, y, dy, then weight if there is one.
 *
 * @param given chosen for the adapter unless given
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function normalizationGradientKernel(
  report: Pick<AdapterReport, "kind" | "features">,
  problem: NormalizationGradientProblem,
  given?: ReductionLanes,
): Kernel {
  requireProblem("normalization-gradient", problem, {
    ...storageChecks,
    gradient: checks.layout,
    kind: checks.oneOf("layer", "rms", "l2"),
    batch: checks.count,
    features: checks.count,
    weight: checks.flag,
  });
  const { kind, features, dtype, weight, epsilon, gradient } = problem;
  requireNumber("normalization-gradient", { epsilon }, 0);
  const lanes = lanesOf(report, problem, given, [gradient]);
  const weights: Binding[] = weight ? [{ name: "weight", elements: dtype, access: "read" }] : [];
  const name = `normalization-gradient ${kind}`;
  return reductionKernel(name, problem, lanes, ["dy", ...weights], (pieces) => {
    const { type, each, reduce, write, feature } = pieces;
    const g = `${feature("dy", gradient)}${weight ? " * f32(weight[f])" : ""}`;
    const distance = kind === "layer" ? "(value - mean)" : "value";
    const sums = `var gradients = ${type}();
  var products = ${type}();
  ${each(`let g = ${g};
    ${kind === "layer" ? "gradients += g;" : ""}
    products = fma(g, ${distance} * factor, products);`)}
  ${reduce("product", "products", "sum")}
  ${kind === "layer" ? reduce("offset", "gradients", "sum") : ""}`;
    const projection =
      kind === "l2"
        ? `select(product, ${type}(), sqrt(norm) <= ${type}(${literal(epsilon)}))`
        : `product / ${literal(features)}`;
    const centred = kind === "layer" ? ` - offset / ${literal(features)}` : "";
    return `${factorOf[kind](pieces, features, literal(epsilon))}
  ${sums}
  let projection = ${projection};
  ${write(`factor * (${g}${centred} - ${distance} * factor * projection)`)}`;
  });
}
