import { EDGE_ATTENTION_GRADIENT } from "../wasm/kernel-ids.ts";
import {
  dropoutOperands,
  dropoutWords,
  type EdgeAttentionProblem,
  requireEdgeAttention,
} from "./edge-attention.ts";
import { graphOperands, graphWords } from "./graph-rows.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { vectorsOperand } from "./problem.ts";

/**
 * What the gradients of `edgeAttention` are sums of. With `s[e] = sources[columns[e]] + targets[i]` for the edges of
 * node `i` and their weights `α = softmax(leakyRelu(s))`, edge `e` gets for each head `α[e]`, and behind those of all
 * heads the gradient of its score, `α[e]·(dy[i]·x[columns[e]] - Σ α·(dy[i]·x))` times the slope at `s[e]`. The
 * gradient of the targets is the sum of the latter over the edges of a node, that of the sources over the edges that
 * leave it, and that of x is `aggregateHeads` of dy with the weights. Operands: x, y (`edges` vectors of `2·heads`),
 * starts, columns, parts, sources, targets, dy (a vector for each node); behind them, for dropout, seed (one u32); all
 * vectors are in rows. With dropout a weight is what is left of `α[e]`, and `dy[i]·x[columns[e]]` is multiplied as it was.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function edgeAttentionGradient(problem: Omit<EdgeAttentionProblem, "to">): KernelCall {
  const inRows: EdgeAttentionProblem = { ...problem, to: "rows" };
  const weightBytes = requireEdgeAttention(inRows);
  const { nodes, sources, edges, features, heads, negativeSlope, parts } = inRows;
  // A graph without edges has nothing to write; a value has a vector at least.
  const [x, , ...matrix] = graphOperands(inRows);
  const y = { vectors: Math.max(1, edges), features: 2 * heads };
  return {
    kernel: EDGE_ATTENTION_GRADIENT,
    label: `gradient of edge attention ${nodes} x ${features}`,
    items: parts,
    scratchBytes: weightBytes,
    operands: [
      ...(x === undefined ? [] : [x]),
      vectorsOperand("y", "write", "rows", y),
      ...matrix,
      vectorsOperand("sources", "read", "rows", { vectors: sources, features: heads }),
      vectorsOperand("targets", "read", "rows", { vectors: nodes, features: heads }),
      vectorsOperand("dy", "read", "rows", { vectors: nodes, features }),
      ...dropoutOperands(problem),
    ],
    words: (addresses) => [
      ...graphWords(inRows, addresses),
      ...[addresses[5] ?? 0, addresses[6] ?? 0, heads, floatWord(negativeSlope), weightBytes],
      ...dropoutWords(problem, addresses[8]),
      addresses[7] ?? 0,
    ],
    flops: edges * (2 * features + 32 * heads),
    bytes: 4 * (features * (sources + nodes) + heads * (sources + nodes + 2 * edges) + edges),
  };
}
