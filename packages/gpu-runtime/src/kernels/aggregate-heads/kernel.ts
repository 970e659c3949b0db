import type { Layout } from "@papilio/butterfly";
import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import {
  accessWidth,
  type BatchStorage,
  element,
  indexBinding,
  outputsKernel,
  vectorBindings,
} from "../outputs.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { wideType } from "../wgsl.ts";

/** Message passing over a graph in compressed sparse row form, with a weight for each edge and head. */
export interface AggregateHeadsProblem extends BatchStorage {
  /** Nodes that get messages: vectors of `y`. */
  readonly nodes: number;
  /** Nodes that send them: vectors of `x`. */
  readonly sources: number;
  readonly heads: number;
  /** Features of one head; a vector has those of all heads, one head after the other. */
  readonly headFeatures: number;
  /** Where the weights lie: a vector for each edge, of which the numbers of the heads are the first. */
  readonly weights: { readonly layout: Layout; readonly batch: number; readonly features: number };
}

/**
 * Generates `y[i] = Σ weights[numbers[e]]·x[columns[e]]` over the edges `starts[i] <= e < starts[i + 1]`, each head
 * with its own weight. Bindings: x, y, weights, starts (u32, `nodes + 1`), columns and numbers (u32, one for each
 * edge).
 */
export function aggregateHeadsKernel(problem: AggregateHeadsProblem): Kernel {
  requireProblem("aggregate-heads", problem, {
    ...storageChecks,
    batches: checks.batches,
    nodes: checks.count,
    sources: checks.count,
    heads: checks.count,
    headFeatures: checks.count,
    weights: (name, weights) => {
      checks.shape(name, weights);
      checks.count(`features of ${name}`, (weights as { readonly features?: unknown }).features);
    },
  });
  const { nodes, sources, heads, weights, batches, from, to, dtype } = problem;
  // All numbers of an access are of one head.
  const width = accessWidth(problem.headFeatures, "batch-first", [from, to]);
  const headFeatures = problem.headFeatures / width;
  const features = heads * headFeatures;
  const wide = wideType(width);
  const [x, y] = vectorBindings(dtype, width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const number = `min(numbers[at], ${weights.batch - 1}u)`;
  const weight = element("weights", stridesOf(weights, weights.features), number, "head");
  return outputsKernel({
    label: `aggregate-heads ${nodes}x${heads}x${problem.headFeatures}`,
    dtype,
    width,
    y: { batch: batches.to, layout: to, count: nodes, features },
    bindings: [
      x,
      y,
      { name: "weights", elements: dtype, access: "read" },
      indexBinding("starts"),
      indexBinding("columns"),
      indexBinding("numbers"),
    ],
    body: `let head = ${headFeatures === 1 ? "feature" : `feature / ${headFeatures}u`};
  let end = min(starts[vector + 1u], arrayLength(&columns));
  var value = ${wide}();
  for (var at = starts[vector]; at < end; at++) {
    let weight = f32(${weight});
    value += weight * ${wide}(${element("x", strides, `min(columns[at], ${sources - 1}u)`, "feature")});
  }`,
  });
}
