import type { Kernel } from "../../device/kernel.ts";
import type { FusedRangeProblem } from "./problem.ts";
import { registerRangeKernel } from "./register-shader.ts";
import type { FusedRangeVariant } from "./variant.ts";
import { workgroupRangeKernel } from "./workgroup-shader.ts";

/**
 * The fused kernel for a range of factors, in a given shape. Bindings: x unless it works in place, weights
 * of `packFusedRange`, y, and what there is of bias, multiplier, addend.
 */
export function fusedRangeKernel(problem: FusedRangeProblem, variant: FusedRangeVariant): Kernel {
  return variant.kind === "register"
    ? registerRangeKernel(problem, variant)
    : workgroupRangeKernel(problem, variant);
}
