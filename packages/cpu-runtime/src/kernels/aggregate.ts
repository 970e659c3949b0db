import { requireBoolean, requireObject } from "@papilio/butterfly/errors";
import { AGGREGATE } from "../wasm/kernel-ids.ts";
import {
  type GraphProblem,
  graphBytes,
  graphOperands,
  graphWords,
  requireGraph,
  rowsBytes,
} from "./graph-rows.ts";
import type { KernelCall } from "./kernel-call.ts";
import { wordsOperand } from "./problem.ts";
import { type Reduction, reductionNumber } from "./reduction.ts";

/**
 * One step of message passing: node `i` gets the sum, the mean or the largest of `weights[e]·x[columns[e]]` over its
 * edges `starts[i] <= e < starts[i + 1]`.
 */
export interface AggregateProblem extends GraphProblem {
  readonly reduce: Reduction;
  /** Whether edges have weights; else they are 1. A mean is over the number of edges either way. */
  readonly weighted: boolean;
}

/**
 * Operands: x, y, starts (u32, `nodes + 1`), columns (u32, one below `sources` for each edge), parts (u32, of
 * `rowParts`), then weights (f32, one for each edge) where there are such. A node without edges gets 0.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function aggregate(problem: AggregateProblem): KernelCall {
  requireObject("The problem", problem, "an AggregateProblem");
  requireGraph(problem);
  const { nodes, edges, features, reduce, weighted, parts } = problem;
  requireBoolean("Whether there are weights", weighted);
  const reduction = reductionNumber(reduce);
  return {
    kernel: AGGREGATE,
    label: `${reduce} of neighbours ${nodes} x ${features}`,
    items: parts,
    scratchBytes: rowsBytes(problem),
    operands: [...graphOperands(problem), ...(weighted ? [wordsOperand("weights", edges)] : [])],
    words: (addresses) => [...graphWords(problem, addresses), addresses[5] ?? 0, reduction],
    flops: 2 * edges * features,
    bytes: graphBytes(problem) + (weighted ? 4 * edges : 0),
  };
}
