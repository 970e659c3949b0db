import {
  requireNumber,
  requireObject,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { type Dropout, dropoutThreshold, requireWord } from "@papilio/butterfly/numeric";
import { EDGE_ATTENTION } from "../wasm/kernel-ids.ts";
import {
  type GraphProblem,
  graphBytes,
  graphOperands,
  graphWords,
  requireGraph,
  rowsBytes,
} from "./graph-rows.ts";
import { floatWord, type KernelCall, type Operand } from "./kernel-call.ts";
import { vectorsOperand, wordsOperand } from "./problem.ts";

/**
 * Graph attention: node `i` gets, for each head, the vectors of its neighbours weighted by the softmax of
 * `leakyRelu(sources[neighbour] + targets[i])`.
 */
export interface EdgeAttentionProblem extends GraphProblem {
  /** A divisor of `features`. */
  readonly heads: number;
  readonly negativeSlope: number;
  /** Edges of the node that has most. */
  readonly mostEdges: number;
  /** Of the weights, which are numbered by edge and head: none are dropped unless given. */
  readonly dropout?: Dropout | undefined;
}

/**
 * Operands: x, y, starts (u32, `nodes + 1`), columns (u32, one below `sources` for each edge), parts (u32, of
 * `rowParts`), sources and targets (a score for each head); behind them, for dropout, seed (one u32). A weight that is
 * dropped is 0, and the others are divided by the share that is kept, without another softmax: which ones is drawn as by
 * `dropoutKeeps` of `@papilio/butterfly/numeric`. A node without edges gets 0.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function edgeAttention(problem: EdgeAttentionProblem): KernelCall {
  const weightBytes = requireEdgeAttention(problem);
  const { nodes, sources, edges, features, heads, negativeSlope, parts } = problem;
  return {
    kernel: EDGE_ATTENTION,
    label: `edge attention ${nodes} x ${features}`,
    items: parts,
    scratchBytes: weightBytes + rowsBytes(problem),
    operands: [
      ...graphOperands(problem),
      vectorsOperand("sources", "read", "rows", { vectors: sources, features: heads }),
      vectorsOperand("targets", "read", "rows", { vectors: nodes, features: heads }),
      ...dropoutOperands(problem),
    ],
    words: (addresses) => [
      ...graphWords(problem, addresses),
      ...[addresses[5] ?? 0, addresses[6] ?? 0, heads, floatWord(negativeSlope), weightBytes],
      ...dropoutWords(problem, addresses[7]),
    ],
    flops: edges * (2 * features + 24 * heads),
    bytes: graphBytes(problem) + 4 * heads * (sources + nodes),
  };
}

/**
 * Bytes of scratch memory for the weights of four heads, and their sums.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireEdgeAttention(problem: EdgeAttentionProblem): number {
  requireObject("The problem", problem, "an EdgeAttentionProblem");
  requireGraph(problem);
  const { features, heads, negativeSlope, mostEdges, dropout } = problem;
  requireWhole("The number of heads", heads, 1);
  if (features % heads !== 0) {
    throw wrongArgument("The number of heads", `${heads}`, `a divisor of ${features} features`);
  }
  requireNumber("The negative slope", negativeSlope);
  requireWhole("The most edges of a node", mostEdges, 0);
  if (dropout !== undefined) {
    requireObject("What dropout is given", dropout, "a rate and a stream");
    requireWord("The stream", dropout.stream);
    dropoutThreshold(dropout.rate);
  }
  return 16 * (mostEdges + 1);
}

/** The seed, where weights are dropped. */
export function dropoutOperands({ dropout }: Pick<EdgeAttentionProblem, "dropout">): Operand[] {
  return dropout === undefined ? [] : [wordsOperand("seed", 1)];
}

/** Words of a call: the address of the seed, and how weights are dropped by it. */
export function dropoutWords(
  { dropout }: Pick<EdgeAttentionProblem, "dropout">,
  seed = 0,
): number[] {
  if (dropout === undefined) return [0, 0, 0, 0];
  const { rate, stream } = dropout;
  return [seed, stream, dropoutThreshold(rate), floatWord(1 / (1 - rate))];
}
