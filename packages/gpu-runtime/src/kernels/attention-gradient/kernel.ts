import type { Kernel } from "../../device/kernel.ts";
import { enabledBy } from "../wgsl.ts";
import { keysShader } from "./keys-shader.ts";
import {
  type AttentionGradientProblem,
  type AttentionOperand,
  gradientBindings,
  requireAttentionGradient,
} from "./problem.ts";
import { queriesShader } from "./queries-shader.ts";
import { statisticsShader } from "./statistics-shader.ts";
import { type AttentionGradientVariant, gradientName, requireGradientVariant } from "./variant.ts";

/**
 * What the gradient needs to know of each query, two float32 numbers for each head: the logarithm to base 2 of the sum of
 * the exponentials of its scores, 0 where it sees no key, and the product of y and dy. Bindings: q, k, y, dy,
 * statistics, the lengths (u32, one for each sequence) if there are any.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function attentionStatisticsKernel(
  problem: AttentionGradientProblem,
  variant: AttentionGradientVariant,
): Kernel {
  const operands = ["q", "k", "y", "dy", "statistics"] as const;
  return kernelOf("statistics", statisticsShader, operands, problem, variant);
}

/**
 * The gradient of attention by its queries, with no matrix of scores in memory. Bindings: q, k, v, dy, the statistics, dq,
 * the lengths (u32, one for each sequence) if there are any.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function attentionQueriesGradientKernel(
  problem: AttentionGradientProblem,
  variant: AttentionGradientVariant,
): Kernel {
  const operands = ["q", "k", "v", "dy", "statistics", "dq"] as const;
  return kernelOf("gradient by queries", queriesShader, operands, problem, variant);
}

/**
 * The gradient of attention by its keys and values, with no matrix of scores in memory: sums over the queries of all heads
 * that share them, in a fixed order. Bindings: q, k, v, dy, the statistics, dkv, the lengths (u32, one for each
 * sequence) if there are any.
 *
 * @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID`
 */
export function attentionKeysGradientKernel(
  problem: AttentionGradientProblem,
  variant: AttentionGradientVariant,
): Kernel {
  const operands = ["q", "k", "v", "dy", "statistics", "dkv"] as const;
  return kernelOf("gradient by keys and values", keysShader, operands, problem, variant);
}

function kernelOf(
  what: string,
  shader: typeof keysShader,
  operands: readonly AttentionOperand[],
  problem: AttentionGradientProblem,
  variant: AttentionGradientVariant,
): Kernel {
  requireAttentionGradient(problem, operands);
  requireGradientVariant(variant);
  const { sequences, heads, queries, keys, headFeatures, dtype } = problem;
  const sizes = `${sequences}x${heads}x${queries}x${keys}x${headFeatures}`;
  return {
    label: `attention's ${what} ${sizes} ${gradientName(variant)}`,
    enables: [...enabledBy(dtype), ...(variant.broadcast === "load" ? [] : ["subgroups" as const])],
    bindings: gradientBindings(problem, operands),
    ...shader(problem, variant),
  };
}
