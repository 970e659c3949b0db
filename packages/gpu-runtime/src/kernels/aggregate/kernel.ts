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
import { type Reduction, reduceWgsl } from "../reduction.ts";
import { wideType } from "../wgsl.ts";

/**
 * One step of message passing over a graph in compressed sparse row form: node `i` gets the sum, the
 * mean or the largest of `weights[e]·x[columns[e]]` over its edges `starts[i] <= e < starts[i + 1]`.
 */
export interface AggregateProblem extends BatchStorage {
  /** Nodes that get messages: vectors of `y`. */
  readonly nodes: number;
  /** Nodes that send them: vectors of `x`. */
  readonly sources: number;
  readonly features: number;
  readonly reduce: Reduction;
  /** Whether edges have weights; else they are 1. A mean is over the number of edges either way. */
  readonly weighted: boolean;
}

/**
 * Generates the aggregation of messages. Bindings: x, y, starts (u32, `nodes + 1`), columns (u32, one
 * for each edge), and weights (f32, likewise) where there are such. A node without edges gets 0.
 */
export function aggregateKernel(problem: AggregateProblem): Kernel {
  requireProblem("aggregate", problem, {
    ...storageChecks,
    batches: checks.batches,
    nodes: checks.count,
    sources: checks.count,
    features: checks.count,
    reduce: checks.oneOf("sum", "mean", "max"),
    weighted: checks.flag,
  });
  const { nodes, sources, reduce, weighted, batches, from, to, dtype } = problem;
  const width = accessWidth(problem.features, "batch-first", [from, to]);
  const features = problem.features / width;
  const wide = wideType(width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const message = `${wide}(${element("x", strides, `min(columns[at], ${sources - 1}u)`, "feature")})`;
  return outputsKernel({
    label: `aggregate ${reduce}${weighted ? " weighted" : ""} ${nodes} of ${sources}x${problem.features}`,
    dtype,
    width,
    y: { batch: batches.to, layout: to, count: nodes, features },
    bindings: [
      ...vectorBindings(dtype, width),
      indexBinding("starts"),
      indexBinding("columns"),
      ...(weighted ? [{ name: "weights", elements: "f32", access: "read" } as const] : []),
    ],
    body: reduceWgsl({
      reduction: reduce,
      width,
      start: "starts[vector]",
      end: "min(starts[vector + 1u], arrayLength(&columns))",
      term: weighted ? `weights[at] * ${message}` : message,
    }),
  });
}
