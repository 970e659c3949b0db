import type { Kernel } from "../../device/kernel.ts";
import { requireKroneckerSparseProblem, requireKroneckerSparseVariant } from "./checks.ts";
import { matrixKernel } from "./matrix-shader.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import { registerKernel } from "./register-shader.ts";
import type { KroneckerSparseVariant } from "./variant.ts";
import { vectorKernel } from "./vector-shader.ts";
import { workgroupKernel } from "./workgroup-shader.ts";

/**
 * The fused kernel for a problem, in a given shape. Bindings: x, weights of `packKroneckerSparse`, y, and what
 * there is of bias, multiplier, addend.
 */
export function kroneckerSparseKernel(
  problem: KroneckerSparseProblem,
  variant: KroneckerSparseVariant,
): Kernel {
  requireKroneckerSparseProblem(problem);
  requireKroneckerSparseVariant(variant);
  switch (variant.kind) {
    case "register":
      return registerKernel(problem, variant);
    case "workgroup":
      return workgroupKernel(problem, variant);
    case "vector":
      return vectorKernel(problem, variant);
    case "matrix":
      return matrixKernel(problem, variant);
  }
}
