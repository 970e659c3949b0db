import { requireObject, requireWhole, wrongArgument } from "@papilio/butterfly/errors";
import { AGGREGATE_HEADS } from "../wasm/kernel-ids.ts";
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

/** Message passing with weights that are computed: one for each edge and head. */
export interface AggregateHeadsProblem extends GraphProblem {
  /** A divisor of `features`: each has as many, one head after the other. */
  readonly heads: number;
  /** Features of the weights' vectors, of which those of the heads are the first. */
  readonly weightFeatures: number;
  /** Edges of the node that has most. */
  readonly mostEdges: number;
}

/**
 * Node `i` gets the sum of `weights[numbers[e]]·x[columns[e]]` over its edges, each head with its own weight.
 * Operands: x, y, starts, columns, parts as `aggregate` has them; weights (`edges` vectors, at least one), numbers
 * (u32, for each edge the vector that has its weights).
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function aggregateHeads(problem: AggregateHeadsProblem): KernelCall {
  requireObject("The problem", problem, "an AggregateHeadsProblem");
  requireGraph(problem);
  const { nodes, edges, features, heads, weightFeatures, mostEdges, parts } = problem;
  requireWhole("The number of heads", heads, 1);
  if (features % heads !== 0) {
    throw wrongArgument("The number of heads", `${heads}`, `a divisor of ${features} features`);
  }
  requireWhole("The number of features of the weights", weightFeatures, heads);
  requireWhole("The most edges of a node", mostEdges, 0);
  const weightBytes = 16 * mostEdges;
  const weights = { vectors: Math.max(1, edges), features: weightFeatures };
  return {
    kernel: AGGREGATE_HEADS,
    label: `weighted sum of neighbours ${nodes} x ${features}`,
    items: parts,
    scratchBytes: weightBytes + rowsBytes(problem),
    operands: [
      ...graphOperands(problem),
      vectorsOperand("weights", "read", "rows", weights),
      wordsOperand("numbers", edges),
    ],
    words: (addresses) => [
      ...graphWords(problem, addresses),
      ...[addresses[5] ?? 0, addresses[6] ?? 0, heads, weightFeatures, weightBytes],
    ],
    flops: 2 * edges * features,
    bytes: graphBytes(problem) + 4 * edges * (heads + 1),
  };
}
