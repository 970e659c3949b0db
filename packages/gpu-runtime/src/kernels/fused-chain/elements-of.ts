import { loadWidth } from "../wgsl.ts";
import { alongBatch } from "./along-batch.ts";
import { alongBlocks } from "./along-blocks.ts";
import { alongFeatures } from "./along-features.ts";
import type { Elements } from "./elements.ts";
import type { FusedChainProblem } from "./problem.ts";

/** Elements of a problem, computed `vector` at a time where their place in memory allows it. */
export function elementsOf(problem: FusedChainProblem, vector: 1 | 2 | 4): Elements {
  if (isBatchLast(problem)) return alongBatch(problem, vector);
  return problem.chain.product().d === 1 ? alongFeatures(problem) : alongBlocks(problem, vector);
}

/** Numbers side by side that a problem allows at most. */
export function mostElements(problem: FusedChainProblem): 1 | 2 | 4 {
  if (isBatchLast(problem)) return loadWidth(problem.batch);
  const { d } = problem.chain.product();
  return d === 1 ? 1 : loadWidth(d);
}

/** A single vector is the same memory in both layouts: it counts as batch-first. */
function isBatchLast({ batch, layout }: FusedChainProblem): boolean {
  return layout === "batch-last" && batch > 1;
}
