import type { Kernel } from "../../device/kernel.ts";
import { indexBinding } from "../outputs.ts";
import { perElementShader } from "../per-element.ts";
import { checks, requireProblem } from "../problem-checks.ts";
import { opaque } from "../wgsl.ts";

/** Indices that a run is given, to be brought into order. */
export interface SortIndicesProblem {
  readonly count: number;
}

/**
 * Generates the sorting of indices, which keeps the order of equal ones. Bindings: indices (u32), y (u32, twice as
 * many: the indices in order, then for each of them where it was). Each invocation counts those that come before
 * its own: `count` reads each, no atomics, and the same result in every run.
 */
export function sortIndicesKernel(problem: SortIndicesProblem): Kernel {
  requireProblem("sort-indices", problem, { count: checks.count });
  const { count } = problem;
  return {
    label: `sort-indices ${count}`,
    enables: [],
    bindings: [indexBinding("indices"), { name: "y", elements: "u32", access: "read-write" }],
    ...perElementShader(
      { batch: count, parts: { name: "part", count: 1 }, to: "batch-first" },
      `let own = indices[vector];
  var place = 0u;
  for (var at = 0u; at < ${opaque(count)}; at++) {
    let other = indices[at];
    place += select(0u, 1u, other < own || (other == own && at < vector));
  }
  y[place] = own;
  y[${count}u + place] = vector;`,
    ),
  };
}
