import type { Kernel } from "../../device/kernel.ts";
import { blocksFactorGradient } from "./blocks-shader.ts";
import { lanesFactorGradient } from "./lanes-shader.ts";
import type { FactorGradientProblem } from "./problem.ts";
import type { FactorGradientVariant } from "./variant.ts";
import { workgroupFactorGradient } from "./workgroup-shader.ts";

/**
 * The kernel for a problem, in a given shape. Bindings: x, dy, and y, `parts` gradients `[a, b, c, d]` in float32, one
 * after another, whose sum is the gradient.
 */
export function factorGradientKernel(
  problem: FactorGradientProblem,
  variant: FactorGradientVariant,
): Kernel {
  switch (variant.kind) {
    case "lanes":
      return lanesFactorGradient(problem, variant);
    case "blocks":
      return blocksFactorGradient(problem, variant);
    case "workgroup":
      return workgroupFactorGradient(problem, variant);
  }
}
