import type { Kernel } from "../../device/kernel.ts";
import type { FusedChainProblem } from "./problem.ts";
import { registerChainKernel } from "./register-shader.ts";
import type { FusedChainVariant } from "./variant.ts";
import { workgroupChainKernel } from "./workgroup-shader.ts";

/**
 * The fused kernel for a chain of factors, in a given shape. Bindings: x unless it works in place, weights
 * of `packFusedChain`, y, and what there is of bias, multiplier, addend.
 */
export function fusedChainKernel(problem: FusedChainProblem, variant: FusedChainVariant): Kernel {
  return variant.kind === "register"
    ? registerChainKernel(problem, variant)
    : workgroupChainKernel(problem, variant);
}
