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

/** `y[r]` is the sum of the vectors `x[i]` with `indices[i] = r`; zeros of none. */
export interface ScatterVectorsProblem extends BatchStorage {
  /** Vectors to add. */
  readonly count: number;
  /** Vectors to write. */
  readonly rows: number;
  readonly features: number;
}

/**
 * Generates the sums of vectors by index, the gradient of `gatherVectorsKernel` by what it gathers from. Bindings: x,
 * sorted (u32, what `sortIndicesKernel` makes of the indices), y. Each invocation finds its row among the sorted
 * indices by bisection, and adds in the order of the vectors. An index that is no row's is left out.
 */
export function scatterVectorsKernel(problem: ScatterVectorsProblem): Kernel {
  requireProblem("scatter-vectors", problem, {
    ...storageChecks,
    batches: checks.batches,
    count: checks.count,
    rows: checks.count,
    features: checks.count,
  });
  const { count, rows, batches, from, to, dtype } = problem;
  const width = accessWidth(problem.features, "batch-first", [from, to]);
  const features = problem.features / width;
  const wide = wideType(width);
  const [x, y] = vectorBindings(dtype, width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const vector = `min(sorted[${count}u + at], ${count - 1}u)`;
  return outputsKernel({
    label: `scatter-vectors ${count} to ${rows}x${problem.features}`,
    dtype,
    width,
    y: { batch: batches.to, layout: to, count: rows, features },
    bindings: [x, indexBinding("sorted"), y],
    body: `var at = 0u;
  var end = ${count}u;
  while (at < end) {
    let middle = (at + end) / 2u;
    if (sorted[middle] < vector) { at = middle + 1u; } else { end = middle; }
  }
  var value = ${wide}();
  for (; at < ${count}u && sorted[at] == vector; at++) {
    value += ${wide}(${element("x", strides, vector, "feature")});
  }`,
  });
}
