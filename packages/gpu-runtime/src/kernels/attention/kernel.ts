import type { Kernel } from "../../device/kernel.ts";
import { enabledBy } from "../wgsl.ts";
import { keysAttention } from "./keys-shader.ts";
import { matrixAttention } from "./matrix-shader.ts";
import { type AttentionProblem, attentionBindings, requireAttention } from "./problem.ts";
import { registerAttention } from "./register-shader.ts";
import { type AttentionVariant, attentionName, requireAttentionVariant } from "./variant.ts";
import { workgroupAttention } from "./workgroup-shader.ts";

/**
 * Scaled dot-product attention, with no matrix of scores in memory. Bindings: q, k, v, y, the
 * position (u32) if there is one, the lengths (u32, one for each sequence) if there are any, and the pages (u32,
 * `[sequences, keys / size]`). A query that sees no key gives zeros.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function attentionKernel(problem: AttentionProblem, variant: AttentionVariant): Kernel {
  requireAttention(problem);
  requireAttentionVariant(variant);
  const { sequences, heads, queries, keys, headFeatures } = problem;
  const { enables, wgsl, workgroups } = shaderOf(problem, variant);
  return {
    label: `attention ${sequences}x${heads}x${queries}x${keys}x${headFeatures} ${attentionName(variant)}`,
    enables: [...enabledBy(problem.dtype), ...enables],
    bindings: attentionBindings(problem),
    wgsl,
    workgroups,
  };
}

function shaderOf(
  problem: AttentionProblem,
  variant: AttentionVariant,
): Omit<Kernel, "label" | "bindings"> {
  switch (variant.kind) {
    case "register":
      return registerAttention(problem, variant);
    case "workgroup":
      return workgroupAttention(problem, variant);
    case "keys":
      return keysAttention(problem, variant);
    case "matrix":
      return matrixAttention(problem, variant);
  }
}
