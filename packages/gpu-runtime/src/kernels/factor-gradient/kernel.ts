import type { Kernel } from "../../device/kernel.ts";
import type { FactorGradientProblem } from "./problem.ts";
import { registerFactorGradient } from "./register-shader.ts";
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
  return variant.kind === "register"
    ? registerFactorGradient(problem, variant)
    : workgroupFactorGradient(problem, variant);
}
