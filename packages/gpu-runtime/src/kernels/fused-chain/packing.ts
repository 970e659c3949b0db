import { elementsOf } from "./elements-of.ts";
import { storedBlocks } from "./pack.ts";
import type { FusedChainProblem } from "./problem.ts";
import type { FusedChainVariant } from "./variant.ts";

/** The order in which the weights of a chain lie in memory. */
export interface FusedChainPacking {
  /** Blocks whose weights lie side by side, `[block / width, weight, width]`. */
  readonly width: number;
  /** Factors of each pass, in the order of the chain. */
  readonly passes: readonly number[];
}

/** The order that a variant reads fastest. */
export function fusedChainPackingOf(
  problem: FusedChainProblem,
  variant: FusedChainVariant,
): FusedChainPacking {
  if (variant.kind === "workgroup") return { width: 1, passes: variant.passes };
  if (variant.kind === "matrix") return { width: 1, passes: problem.chain.patterns.map(() => 1) };
  const { lanes, vector } = variant;
  return {
    width: lanes === "blocks" ? storedBlocks(problem) : elementsOf(problem, vector).neighbours,
    passes: [problem.chain.length],
  };
}

/**
 * Whether a variant reads weights in an order: its own, or, along the batch, that of invocations along
 * the blocks.
 */
export function readsFusedChainPacking(
  problem: FusedChainProblem,
  variant: FusedChainVariant,
  packing: FusedChainPacking,
): boolean {
  const own = fusedChainPackingOf(problem, variant);
  if (`${own.passes}` !== `${packing.passes}`) return false;
  if (own.width === packing.width) return true;
  const alongBatch = variant.kind === "register" && variant.lanes === "batch" && own.width === 1;
  return alongBatch && packing.width === storedBlocks(problem);
}
