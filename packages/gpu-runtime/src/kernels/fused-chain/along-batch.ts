import { storeWgsl } from "../epilogue.ts";
import { wideType } from "../wgsl.ts";
import type { Elements } from "./elements.ts";
import type { FusedChainProblem } from "./problem.ts";

/** Batch-last: neighbouring vectors. */
export function alongBatch(problem: FusedChainProblem, vector: 1 | 2 | 4): Elements {
  const { chain, batch } = problem;
  const { b, c, d, blocks } = chain.product();
  const columns = batch / vector;
  const wide = wideType(vector);
  const widths = { x: vector, y: vector };
  return {
    width: vector,
    neighbours: 1,
    widths,
    columns,
    blocks,
    place: { block: "block", i: "group_i", k: "group_k" },
    begin: [
      `let group_i = block / ${d}u;`,
      `let group_k = block % ${d}u;`,
      `let first_in = (group_i * ${c * d}u + group_k) * ${columns}u + column;`,
      `let first_out = (group_i * ${b * d}u + group_k) * ${columns}u + column;`,
    ],
    input: (p, x) => `${wide}(${x}[first_in + ${p * d * columns}u])`,
    write: (values) =>
      values.map((value, q) =>
        storeWgsl(problem, widths, `first_out + ${q * d * columns}u`, value),
      ),
    bias: (q) => `${wide}(f32(bias[(group_i * ${b}u + ${q}u) * ${d}u + group_k]))`,
  };
}
