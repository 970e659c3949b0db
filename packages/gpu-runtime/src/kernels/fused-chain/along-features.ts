import { storeWgsl } from "../epilogue.ts";
import { loadWidth, range, wideType } from "../wgsl.ts";
import type { Elements } from "./elements.ts";
import type { FusedChainProblem } from "./problem.ts";

/** Batch-first, d = 1: the inputs of a block follow one another, and so do its outputs. */
export function alongFeatures(problem: FusedChainProblem): Elements {
  const { chain, batch } = problem;
  const { b, c, blocks } = chain.product();
  const [load, store] = [loadWidth(c), loadWidth(b)];
  const widths = { x: load, y: store };
  return {
    width: 1,
    neighbours: 1,
    widths,
    columns: batch,
    blocks,
    place: { block: "block", i: "block", k: "0u" },
    begin: [
      `let first_in = (column * ${chain.cols}u + block * ${c}u) / ${load}u;`,
      `let first_out = (column * ${chain.rows}u + block * ${b}u) / ${store}u;`,
    ],
    input: (p, x) => {
      const loaded = `${wideType(load)}(${x}[first_in + ${Math.floor(p / load)}u])`;
      return load === 1 ? loaded : `${loaded}[${p % load}]`;
    },
    write: (values) =>
      range(b / store).map((index) => {
        const part = values.slice(index * store, (index + 1) * store);
        const value = store === 1 ? (part[0] as string) : `${wideType(store)}(${part.join(", ")})`;
        return storeWgsl(problem, widths, `first_out + ${index}u`, value);
      }),
    bias: (q) => `f32(bias[block * ${b}u + ${q}u])`,
  };
}
