import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { isNanWgsl } from "../not-a-number.ts";
import {
  accessWidth,
  type BatchStorage,
  element,
  indexBinding,
  outputsKernel,
  vectorBindings,
} from "../outputs.ts";
import { perElementShader } from "../per-element.ts";
import { type Check, checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { enabledBy, wideType } from "../wgsl.ts";

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
  const { nodes, sources, weighted, batches, from, dtype } = problem;
  const width = accessWidth(problem.features, "batch-first", [from]);
  const features = problem.features / width;
  const [numbers, flags] = [wordType(width), width === 1 ? "bool" : `vec${width}<bool>`];
  const [x] = vectorBindings(dtype, width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const neighbour = `min(columns[at], ${sources - 1}u)`;
  const message = `${wideType(width)}(${element("x", strides, neighbour, "feature")})`;
  return {
    label: `largest-neighbour${weighted ? " weighted" : ""} ${nodes} of ${sources}x${problem.features}`,
    enables: enabledBy(dtype),
    bindings: [
      x,
      { name: "y", elements: numbers, access: "read-write" },
      indexBinding("starts"),
      indexBinding("columns"),
      ...(weighted ? [weightsBinding] : []),
    ],
    ...perElementShader(
      { batch: nodes, parts: { name: "feature", count: features }, to: "batch-first" },
      `let start = starts[vector];
  let end = min(starts[vector + 1u], arrayLength(&columns));
  var chosen = ${numbers}(0xffffffffu);
  var largest = ${wideType(width)}();
  for (var at = start; at < end; at++) {
    let next = ${weighted ? `weights[at] * ${message}` : message};
    let is_larger = ((next > largest) | ${isNanWgsl("next", width)}) & !${isNanWgsl("largest", width)};
    let takes = is_larger | ${flags}(at == start);
    chosen = select(chosen, ${numbers}(columns[at]), takes);
    largest = select(largest, next, takes);
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
  const { nodes, sources, weighted, batches, from, to, dtype } = problem;
  const width = accessWidth(problem.features, "batch-first", [from, to]);
  const features = problem.features / width;
  const [wide, numbers] = [wideType(width), wordType(width)];
  const [x, y] = vectorBindings(dtype, width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const number = `${wide}(${element("x", strides, "source", "feature")})`;
  return outputsKernel({
    label: `aggregate-largest${weighted ? " weighted" : ""} ${nodes} of ${sources}x${problem.features}`,
    dtype,
    width,
    y: { batch: batches.to, layout: to, count: nodes, features },
    bindings: [
      x,
      y,
      { name: "chosen", elements: numbers, access: "read" },
      indexBinding("starts"),
      indexBinding("columns"),
      ...(weighted ? [weightsBinding] : []),
    ],
    body: `let end = min(starts[vector + 1u], arrayLength(&columns));
  var value = ${wide}();
  for (var at = starts[vector]; at < end; at++) {
    let source = min(columns[at], ${sources - 1}u);
    let is_own = chosen[source * ${features}u + feature] == ${numbers}(vector);
    value += select(${wide}(), ${weighted ? `weights[at] * ${number}` : number}, is_own);
  }`,
  });
}

/** WGSL type of `width` numbers of neighbours. */
function wordType(width: 1 | 2 | 4): string {
  return width === 1 ? "u32" : `vec${width}u`;
}
