import type { Kernel } from "../../device/kernel.ts";
import { matrixChainKernel } from "./matrix-shader.ts";
import type { FusedChainProblem } from "./problem.ts";
import { registerChainKernel } from "./register-shader.ts";
import type { FusedChainVariant } from "./variant.ts";
import { workgroupChainKernel } from "./workgroup-shader.ts";

/**
 * The fused kernel for a chain of factors, in a given shape. Bindings: x unless it works in place, weights
 * of `packFusedChain`, y, and what there is of bias, multiplier, addend.
 */
export function fusedChainKernel(problem: FusedChainProblem, variant: FusedChainVariant): Kernel {
  switch (variant.kind) {
    case "register":
      return registerChainKernel(problem, variant);
    case "workgroup":
      return workgroupChainKernel(problem, variant);
    case "matrix":
      return matrixChainKernel(problem, variant);
  }
}
