import type { Layout } from "@papilio/butterfly";
import { type Strides, stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { literal } from "../activation.ts";
import {
  droppedWgsl,
  type EdgeAttentionProblem,
  edgeAttentionChecks,
  scoreWgsl,
  seedBinding,
} from "../edge-attention/kernel.ts";
import { isNotFiniteWgsl, largerWgsl, nanWgsl } from "../not-a-number.ts";
import { element, indexBinding, vectorBindings } from "../outputs.ts";
import { perElementShader } from "../per-element.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { enabledBy, narrowed, opaque } from "../wgsl.ts";

/** Attention over edges, of which a gradient is known. */
export interface EdgeAttentionGradientProblem extends EdgeAttentionProblem {
  /** Where the gradient lies, a vector for each node: its layout, and how many vectors are allocated. */
  readonly dy: { readonly layout: Layout; readonly batch: number };
}

/**
 * Generates what the gradients of `edgeAttentionKernel` are sums of. With `s[e] = sourceScores[columns[e]] +
 * targetScores[i]` for the edges of node `i` and their weights `α = softmax(leakyReLU(s))`, edge `e` gets for each head
 * `α[e]`, and behind those of all heads the gradient of its score, `α[e]·(dy[i]·h[columns[e]] - Σ α·(dy[i]·h))` times
 * the slope at `s[e]`. `to` and `batches.to` are those of y, a vector of `2·heads` for each edge. Bindings: h, y,
 * sourceScores, targetScores, dy, starts (u32, `nodes + 1`), columns (u32, one for each edge); behind them,
 * for dropout, seed (one u32). With dropout a weight is what is left of `α[e]`, and `dy[i]·h[columns[e]]` is multiplied
 * as it was.
 */
export function edgeAttentionGradientKernel(problem: EdgeAttentionGradientProblem): Kernel {
  requireProblem("edge-attention-gradient", problem, { ...edgeAttentionChecks, dy: checks.shape });
  const { nodes, heads, headFeatures, negativeSlope, batches, from, to, dtype, dy } = problem;
  const features = heads * headFeatures;
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const ofEdges = stridesOf({ batch: batches.to, layout: to }, 2 * heads);
  const targets: Strides = stridesOf(
    { batch: batches.targetScores, layout: problem.scoreLayout },
    heads,
  );
  const [x, y] = vectorBindings(dtype, 1);
  const weight = element("y", ofEdges, "edge", "head");
  const gradient = element("y", ofEdges, "edge", `head + ${heads}u`);
  // In float32 the products wait where their result goes; in less precision they are computed again.
  const isKept = dtype === "f32";
  const wide = (value: string): string => narrowed(dtype, 1, value);
  return {
    label: `edge-attention-gradient ${nodes}x${heads}x${headFeatures}`,
    enables: enabledBy(dtype),
    bindings: [
      { ...x, name: "h" },
      y,
      { name: "sourceScores", elements: dtype, access: "read" },
      { name: "targetScores", elements: dtype, access: "read" },
      { ...x, name: "dy" },
      indexBinding("starts"),
      indexBinding("columns"),
      ...seedBinding(problem),
    ],
    ...perElementShader(
      {
        batch: nodes,
        parts: { name: "head", count: heads },
        to: "batch-first",
        functions: `${scoreWgsl(problem)}fn gradient(edge: u32, vector: u32, head: u32, count: u32) -> f32 {
  let first = head * ${headFeatures}u;
  var sum = 0.0;
  for (var feature = first; feature < first + count; feature++) {
    sum += f32(${element("dy", stridesOf(dy, features), "vector", "feature")}) * f32(${element("h", strides, "neighbour(edge)", "feature")});
  }
  return ${droppedWgsl(problem, "sum")};
}

`,
      },
      `let own = f32(${element("targetScores", targets, "vector", "head")});
  let start = starts[vector];
  let end = min(starts[vector + 1u], arrayLength(&columns));
  let count = ${opaque(headFeatures)};
  var largest = 0.0;
  for (var edge = start; edge < end; edge++) {
    let next = score(edge, head, own);
    largest = select(${largerWgsl("largest", "next", 1)}, next, edge == start);
  }
  var total = 0.0;
  var sum = 0.0;
  for (var edge = start; edge < end; edge++) {
    let weight = exp(score(edge, head, own) - largest);
    total += weight;
    let product = gradient(edge, vector, head, count);
    sum += weight * product;${
      isKept
        ? `
    ${gradient} = product;`
        : ""
    }
  }
  let mean = sum / total;
  for (var edge = start; edge < end; edge++) {
    // The softmax of a score that is NaN, or of infinite ones alone, is NaN: no driver's exp decides it.
    let share = exp(score(edge, head, own) - largest) / total;
    let weight = select(share, ${nanWgsl("group.z", 1)}, ${isNotFiniteWgsl("largest", 1)});
    let slope = select(${literal(negativeSlope)}, 1.0, sum_of_scores(edge, head, own) > 0.0);
    ${weight} = ${wide(droppedWgsl(problem, "weight"))};
    ${gradient} = ${wide(`weight * (${isKept ? gradient : "gradient(edge, vector, head, count)"} - mean) * slope`)};
  }`,
    ),
  };
}
