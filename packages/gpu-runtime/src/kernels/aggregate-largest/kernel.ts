import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { isNanWgsl } from "../not-a-number.ts";
import {
  type BatchStorage,
  element,
  indexBinding,
  outputsKernel,
  vectorBindings,
} from "../outputs.ts";
import { perElementShader } from "../per-element.ts";
import { type Check, checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { enabledBy } from "../wgsl.ts";

/** Message passing over a graph in compressed sparse row form, of which the largest counts. */
export interface LargestProblem extends BatchStorage {
  /** Nodes that get messages: vectors of `y`. */
  readonly nodes: number;
  /** Nodes that send them: vectors of `x`. */
  readonly sources: number;
  readonly features: number;
  /** Whether edges have weights; else they are 1. */
  readonly weighted: boolean;
}

const problemChecks: { readonly [K in keyof LargestProblem]: Check } = {
  ...(storageChecks as Pick<Record<keyof LargestProblem, Check>, "from" | "to" | "dtype">),
  batches: checks.batches,
  nodes: checks.count,
  sources: checks.count,
  features: checks.count,
  weighted: checks.flag,
};

const weightsBinding = { name: "weights", elements: "f32", access: "read" } as const;

/**
 * Generates the search for the neighbour `columns[e]` whose message `weights[e]·x[columns[e]]` is the largest, for each
 * feature of each node: the first such, or the first that is NaN. Bindings: x, y (u32, `nodes` vectors one after the
 * other, whatever `to`: numbers of neighbours, 2³² - 1 for a node without edges), starts (u32, `nodes + 1`), columns
 * (u32, one for each edge), and weights (f32, likewise) where there are such.
 */
export function largestNeighbourKernel(problem: LargestProblem): Kernel {
  requireProblem("largest-neighbour", problem, problemChecks);
  const { nodes, sources, features, weighted, batches, from, dtype } = problem;
  const [x] = vectorBindings(dtype, 1);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const message = `f32(${element("x", strides, `min(columns[at], ${sources - 1}u)`, "feature")})`;
  return {
    label: `largest-neighbour${weighted ? " weighted" : ""} ${nodes} of ${sources}x${features}`,
    enables: enabledBy(dtype),
    bindings: [
      x,
      { name: "y", elements: "u32", access: "read-write" },
      indexBinding("starts"),
      indexBinding("columns"),
      ...(weighted ? [weightsBinding] : []),
    ],
    ...perElementShader(
      { batch: nodes, parts: { name: "feature", count: features }, to: "batch-first" },
      `let start = starts[vector];
  let end = min(starts[vector + 1u], arrayLength(&columns));
  var chosen = 0xffffffffu;
  var largest = 0.0;
  for (var at = start; at < end; at++) {
    let next = ${weighted ? `weights[at] * ${message}` : message};
    let is_larger = next > largest || ${isNanWgsl("next", 1)};
    if (at == start || (is_larger && !${isNanWgsl("largest", 1)})) {
      chosen = columns[at];
      largest = next;
    }
  }
  y[index] = chosen;`,
    ),
  };
}

/**
 * Generates the gradient of `aggregateKernel` for the largest, over the graph with its edges turned around: node `j`
 * gets, of each feature, `weights[e]·x[columns[e]]` of those edges whose other end chose it, `chosen[columns[e]] = j`.
 * Bindings: x (the gradient of the messages' receivers), y, chosen (u32, of {@link largestNeighbourKernel}, `sources`
 * vectors), starts (u32, `nodes + 1`), columns (u32, one for each edge), and weights (f32, likewise) where there are
 * such.
 */
export function aggregateLargestKernel(problem: LargestProblem): Kernel {
  requireProblem("aggregate-largest", problem, problemChecks);
  const { nodes, sources, features, weighted, batches, from, to, dtype } = problem;
  const [x, y] = vectorBindings(dtype, 1);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const number = `f32(${element("x", strides, "source", "feature")})`;
  return outputsKernel({
    label: `aggregate-largest${weighted ? " weighted" : ""} ${nodes} of ${sources}x${features}`,
    dtype,
    width: 1,
    y: { batch: batches.to, layout: to, count: nodes, features },
    bindings: [
      x,
      y,
      indexBinding("chosen"),
      indexBinding("starts"),
      indexBinding("columns"),
      ...(weighted ? [weightsBinding] : []),
    ],
    body: `let end = min(starts[vector + 1u], arrayLength(&columns));
  var value = 0.0;
  for (var at = starts[vector]; at < end; at++) {
    let source = min(columns[at], ${sources - 1}u);
    if (chosen[source * ${features}u + feature] == vector) {
      value += ${weighted ? `weights[at] * ${number}` : number};
    }
  }`,
  });
}
