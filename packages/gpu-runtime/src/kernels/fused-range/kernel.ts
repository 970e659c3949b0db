import type { Kernel } from "../../device/kernel.ts";
import type { RunProblem } from "./problem.ts";
import { registerRunKernel } from "./register-shader.ts";
import type { RunVariant } from "./variant.ts";
import { workgroupRunKernel } from "./workgroup-shader.ts";

/**
 * The fused kernel for a run of factors, in a given shape. Bindings: x unless it works in place, weights
 * of `packRun`, y, and what there is of bias, multiplier, addend.
 */
export function fusedRunKernel(problem: RunProblem, variant: RunVariant): Kernel {
  return variant.kind === "register"
    ? registerRunKernel(problem, variant)
    : workgroupRunKernel(problem, variant);
}
