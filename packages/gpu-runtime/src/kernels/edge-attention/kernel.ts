import type { Layout } from "@papilio/butterfly";
import { type Dropout, type Strides, stridesOf } from "@papilio/butterfly/numeric";
import type { Binding, Kernel } from "../../device/kernel.ts";
import { activationWgsl } from "../activation.ts";
import { dropoutWgsl } from "../dropout-wgsl.ts";
import { isNotFiniteWgsl, largerWgsl, nanWgsl } from "../not-a-number.ts";
import {
  accessWidth,
  type BatchStorage,
  element,
  indexBinding,
  outputsKernel,
  vectorBindings,
} from "../outputs.ts";
import { type Check, checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { wideType } from "../wgsl.ts";

/**
 * Attention of each node of a graph to its neighbours (Veličković et al., Graph Attention Networks,
 * 2018, equations 3 and 4), for several heads. The graph is in compressed sparse row form.
 */
export interface EdgeAttentionProblem extends BatchStorage {
  /** Nodes that attend: vectors of y and of the targets' scores. */
  readonly nodes: number;
  /** Nodes that are attended to: vectors of h and of the sources' scores; `nodes` unless given. */
  readonly sources?: number;
  readonly heads: number;
  /** Features of one head; a vector has those of all heads, one head after the other. */
  readonly headFeatures: number;
  /** Of the leaky ReLU that scores go through. */
  readonly negativeSlope: number;
  /** Vectors that are allocated. */
  readonly batches: BatchStorage["batches"] & {
    readonly sourceScores: number;
    readonly targetScores: number;
  };
  /** Layout of the scores, which are vectors of one number for each head. */
  readonly scoreLayout: Layout;
  /** Of the weights, which are numbered by edge and head: none are dropped unless given. */
  readonly dropout?: Dropout | undefined;
}

/** What the problem of graph attention is. */
export const edgeAttentionChecks: { readonly [K in keyof EdgeAttentionProblem]?: Check } = {
  ...storageChecks,
  batches: checks.batches,
  nodes: checks.count,
  sources: checks.optional(checks.count),
  heads: checks.count,
  headFeatures: checks.count,
  negativeSlope: checks.number,
  scoreLayout: checks.layout,
  dropout: checks.optional(checks.dropout),
};

/**
 * Generates graph attention: `y[i] = Σ α(e) h[columns[e]]` over the edges `starts[i] <= e < starts[i + 1]`,
 * where `α` is the softmax of `leakyReLU(sourceScores[columns[e]] + targetScores[i])` over the same
 * edges, for each head. Bindings: h, y, sourceScores, targetScores, starts (u32, `nodes + 1`), columns
 * (u32, one for each edge); behind them, for dropout, seed (one u32). A weight that is dropped is 0, and the others are
 * divided by the share that is kept, without another softmax. A node without edges gets 0.
 */
export function edgeAttentionKernel(problem: EdgeAttentionProblem): Kernel {
  requireProblem("edge-attention", problem, edgeAttentionChecks);
  const { nodes, heads, batches, from, to, scoreLayout, dtype } = problem;
  // All numbers of an access are of one head.
  const width = accessWidth(problem.headFeatures, "batch-first", [from, to]);
  const headFeatures = problem.headFeatures / width;
  const features = heads * headFeatures;
  const wide = wideType(width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const scores = (batch: number): Strides => stridesOf({ batch, layout: scoreLayout }, heads);
  const [x, y] = vectorBindings(dtype, width);
  const own = `f32(${element("targetScores", scores(batches.targetScores), "vector", "head")})`;
  return outputsKernel({
    label: `edge-attention ${nodes}x${heads}x${problem.headFeatures}`,
    dtype,
    width,
    y: { batch: batches.to, layout: to, count: nodes, features },
    bindings: [
      { ...x, name: "h" },
      y,
      { name: "sourceScores", elements: dtype, access: "read" },
      { name: "targetScores", elements: dtype, access: "read" },
      indexBinding("starts"),
      indexBinding("columns"),
      ...seedBinding(problem),
    ],
    functions: scoreWgsl(problem),
    body: `let head = ${headFeatures === 1 ? "feature" : `feature / ${headFeatures}u`};
  let own = ${own};
  let start = starts[vector];
  let end = min(starts[vector + 1u], arrayLength(&columns));
  // The largest is taken off, as ever: no exponential overflows then, and their sum is at least 1.
  var largest = 0.0;
  for (var edge = start; edge < end; edge++) {
    let next = score(edge, head, own);
    largest = select(${largerWgsl("largest", "next", 1)}, next, edge == start);
  }
  var total = 0.0;
  var sum = ${wide}();
  for (var edge = start; edge < end; edge++) {
    let weight = exp(score(edge, head, own) - largest);
    total += weight;
    sum += ${droppedWgsl(problem, "weight")} * ${wide}(${element("h", strides, "neighbour(edge)", "feature")});
  }
  var value = sum;
  if (start < end) {
    // The softmax of a score that is NaN, or of infinite ones alone, is NaN: no driver's exp decides it.
    value = select(sum / total, ${nanWgsl("group.z", width)}, ${isNotFiniteWgsl("largest", 1)});
  }`,
  });
}

/** WGSL for the `neighbour` of an edge, and for its score of a head given the target's `own`. */
export function scoreWgsl(problem: EdgeAttentionProblem): string {
  const { nodes, sources = nodes, heads, negativeSlope, batches, scoreLayout, dropout } = problem;
  const strides = stridesOf({ batch: batches.sourceScores, layout: scoreLayout }, heads);
  return `${activationWgsl({ kind: "leaky-relu", negativeSlope }, 1)}
fn neighbour(edge: u32) -> u32 {
  return min(columns[edge], ${sources - 1}u);
}

fn sum_of_scores(edge: u32, head: u32, own: f32) -> f32 {
  return f32(${element("sourceScores", strides, "neighbour(edge)", "head")}) + own;
}

fn score(edge: u32, head: u32, own: f32) -> f32 {
  return activate(sum_of_scores(edge, head, own));
}

${dropout === undefined ? "" : dropoutWgsl(dropout)}`;
}

/** WGSL for a number of `edge` and `head` after dropout. */
export function droppedWgsl({ dropout, heads }: EdgeAttentionProblem, number: string): string {
  return dropout === undefined ? number : `dropped(${number}, edge * ${heads}u + head)`;
}

/** The seed, where weights are dropped. */
export function seedBinding({ dropout }: EdgeAttentionProblem): Binding[] {
  return dropout === undefined ? [] : [indexBinding("seed")];
}
