import { storeWgsl } from "../epilogue.ts";
import { loadWidth, range, wideType } from "../wgsl.ts";
import type { FusedRangeProblem } from "./problem.ts";

/** How the numbers of one invocation lie in memory: WGSL that reads and writes them. */
export interface Elements {
  /** Numbers that it computes side by side, and the blocks among them: each has its own weights. */
  readonly width: number;
  readonly neighbours: number;
  /** Elements of a load and of a store. */
  readonly widths: { readonly x: number; readonly y: number };
  /** Vectors, or groups of neighbouring ones, and blocks, or groups of neighbouring ones. */
  readonly columns: number;
  readonly blocks: number;
  /** Its number among the blocks whose weights are stored: see `storedBlock`. */
  readonly place: { readonly block: string; readonly i: string; readonly k: string };
  /** Statements that find its place, given its `block` and `column`. */
  readonly begin: readonly string[];
  /** Reads input `p`, from the buffer of that name. */
  input(p: number, x: string): string;
  /** Statements that write the outputs, given the names of their values. */
  write(values: readonly string[]): string[];
  /** First value of output `q`. */
  bias(q: number): string;
}

/** Elements of a problem, computed `vector` at a time where their place in memory allows it. */
export function elementsOf(problem: FusedRangeProblem, vector: 1 | 2 | 4): Elements {
  if (isBatchLast(problem)) return alongBatch(problem, vector);
  return problem.chain.product().d === 1 ? alongFeatures(problem) : alongBlocks(problem, vector);
}

/** Numbers side by side that a problem allows at most. */
export function mostElements(problem: FusedRangeProblem): 1 | 2 | 4 {
  if (isBatchLast(problem)) return loadWidth(problem.batch);
  const { d } = problem.chain.product();
  return d === 1 ? 1 : loadWidth(d);
}

/** A single vector is the same memory in both layouts: it counts as batch-first. */
function isBatchLast({ batch, layout }: FusedRangeProblem): boolean {
  return layout === "batch-last" && batch > 1;
}

/** Batch-last: neighbouring vectors. */
function alongBatch(problem: FusedRangeProblem, vector: 1 | 2 | 4): Elements {
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

/** Batch-first, d > 1: blocks that are neighbours along d, of one vector. */
function alongBlocks(problem: FusedRangeProblem, vector: 1 | 2 | 4): Elements {
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

/** Batch-first, d = 1: the inputs of a block follow one another, and so do its outputs. */
function alongFeatures(problem: FusedRangeProblem): Elements {
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
