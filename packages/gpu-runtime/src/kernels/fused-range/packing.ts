import { elementsOf } from "./elements.ts";
import { storedBlocks } from "./pack.ts";
import type { FusedRangeProblem } from "./problem.ts";
import type { FusedRangeVariant } from "./variant.ts";

/** The order in which the weights of a range lie in memory. */
export interface FusedRangePacking {
  /** Blocks whose weights lie side by side, `[block / width, weight, width]`. */
  readonly width: number;
  /** Factors of each pass, in the order of the chain. */
  readonly passes: readonly number[];
}

/** The order that a variant reads fastest. */
export function fusedRangePackingOf(
  problem: FusedRangeProblem,
  variant: FusedRangeVariant,
): FusedRangePacking {
  if (variant.kind === "workgroup") return { width: 1, passes: variant.passes };
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
export function readsFusedRangePacking(
  problem: FusedRangeProblem,
  variant: FusedRangeVariant,
  packing: FusedRangePacking,
): boolean {
  const own = fusedRangePackingOf(problem, variant);
  if (`${own.passes}` !== `${packing.passes}`) return false;
  if (own.width === packing.width) return true;
  const alongBatch = variant.kind === "register" && variant.lanes === "batch" && own.width === 1;
  return alongBatch && packing.width === storedBlocks(problem);
}
