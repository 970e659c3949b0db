import type { Kernel } from "../../program/kernel.ts";
import type { Problem } from "./problem.ts";
import { registerKernel } from "./register-shader.ts";
import type { Variant } from "./variant.ts";
import { workgroupKernel } from "./workgroup-shader.ts";

/** The fused kernel for a problem, in a given shape. Bindings: x, weights of `packWeights`, y, bias. */
export function kroneckerSparseKernel(problem: Problem, variant: Variant): Kernel {
  return variant.kind === "register"
    ? registerKernel(problem, variant)
    : workgroupKernel(problem, variant);
}
