import { requireBoolean, requireObject } from "@papilio/butterfly/errors";
import { AGGREGATE_LARGEST, LARGEST_NEIGHBOUR } from "../wasm/kernel-ids.ts";
import {
  type GraphProblem,
  graphBytes,
  graphOperands,
  graphWords,
  requireGraph,
  rowsBytes,
} from "./graph-rows.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/** Message passing of which the largest counts. */
export interface LargestProblem extends GraphProblem {
  /** Whether edges have weights; else they are 1. */
  readonly weighted: boolean;
}

/**
 * For each feature of node `i` the neighbour `columns[e]` whose message `weights[e]·x[columns[e]]` is the largest:
 * the first such, or the first that is NaN. Operands: x, y (the numbers of neighbours as u32, 2³² - 1 for a node
 * without edges), starts, columns, parts, then weights, as `aggregate` has them.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function largestNeighbour(problem: Omit<LargestProblem, "to">): KernelCall {
  requireObject("The problem", problem, "a LargestProblem");
  const inRows: LargestProblem = { ...problem, to: "rows" };
  requireGraph(inRows);
  const { nodes, edges, features, weighted, parts } = inRows;
  requireBoolean("Whether there are weights", weighted);
  return {
    kernel: LARGEST_NEIGHBOUR,
    label: `largest neighbour ${nodes} x ${features}`,
    items: parts,
    scratchBytes: 0,
    operands: [...graphOperands(inRows), ...(weighted ? [wordsOperand("weights", edges)] : [])],
    words: (addresses) => [...graphWords(inRows, addresses), addresses[5] ?? 0],
    flops: 2 * edges * features,
    bytes: graphBytes(inRows) + (weighted ? 4 * edges : 0),
  };
}

/**
 * The gradient of `aggregate` for the largest, over the graph with its edges turned around: node `j` gets, of each
 * feature, `weights[e]·x[columns[e]]` of those edges whose other end chose it, `chosen[columns[e]] = j`. Operands: x
 * (the gradient of the messages' receivers), y, starts, columns, parts, chosen (of {@link largestNeighbour}, vectors
 * like those of x), then weights (f32, in the order of these edges) where there are such.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function aggregateLargest(problem: LargestProblem): KernelCall {
  requireObject("The problem", problem, "a LargestProblem");
  requireGraph(problem);
  const { nodes, sources, edges, features, weighted, parts } = problem;
  requireBoolean("Whether there are weights", weighted);
  return {
    kernel: AGGREGATE_LARGEST,
    label: `gradient of the largest neighbour ${nodes} x ${features}`,
    items: parts,
    scratchBytes: rowsBytes(problem),
    operands: [
      ...graphOperands(problem),
      vectorsOperand("chosen", "read", "rows", { vectors: sources, features }),
      ...(weighted ? [wordsOperand("weights", edges)] : []),
    ],
    words: (addresses) => [
      ...graphWords(problem, addresses),
      ...[addresses[5] ?? 0, addresses[6] ?? 0],
    ],
    flops: 2 * edges * features,
    bytes: graphBytes(problem) + 4 * sources * features + (weighted ? 4 * edges : 0),
  };
}
