import { storeWgsl } from "../epilogue.ts";
import { range, wideType } from "../wgsl.ts";
import type { Elements } from "./elements.ts";
import type { FusedChainProblem } from "./problem.ts";

/** Batch-first, d > 1: blocks that are neighbours along d, of one vector. */
export function alongBlocks(problem: FusedChainProblem, vector: 1 | 2 | 4): Elements {
  const { chain, batch, sharing } = problem;
  const { a, b, c, d } = chain.product();
  const across = d / vector;
  const wide = wideType(vector);
  const widths = { x: vector, y: vector };
  return {
    width: vector,
    // What is shared along d is the same for all neighbours.
    neighbours: sharing?.d ? 1 : vector,
    widths,
    columns: batch,
    blocks: a * across,
    place: { block: "block", i: "group_i", k: "group_k" },
    begin: [
      `let group_i = block / ${across}u;`,
      `let group_k = block % ${across}u;`,
      `let first_in = column * ${chain.cols / vector}u + group_i * ${c * across}u + group_k;`,
      `let first_out = column * ${chain.rows / vector}u + group_i * ${b * across}u + group_k;`,
    ],
    input: (p, x) => `${wide}(${x}[first_in + ${p * across}u])`,
    write: (values) =>
      values.map((value, q) => storeWgsl(problem, widths, `first_out + ${q * across}u`, value)),
    bias: (q) => {
      const features = range(vector).map(
        (e) => `f32(bias[(group_i * ${b}u + ${q}u) * ${d}u + group_k * ${vector}u + ${e}u])`,
      );
      return vector === 1 ? (features[0] as string) : `${wide}(${features.join(", ")})`;
    },
  };
}
