import type { Kernel } from "../../program/kernel.ts";
import { type AttentionProblem, requireAttention } from "./problem.ts";
import { registerAttention } from "./register-shader.ts";
import type { AttentionVariant } from "./variant.ts";

/**
 * Scaled dot-product attention, with no matrix of scores in memory. Bindings: q, k, v, y, the
 * position (u32) if there is one, the lengths (u32, one for each sequence) if there are any. A query
 * that sees no key gives zeros.
 *
 * @throws PapilioError `KERNEL_PROBLEM`
 */
export function attentionKernel(problem: AttentionProblem, variant: AttentionVariant): Kernel {
  requireAttention(problem);
  return registerAttention(problem, variant);
}
