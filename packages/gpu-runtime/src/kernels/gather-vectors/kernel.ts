import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import {
  accessWidth,
  element,
  indexBinding,
  outputsKernel,
  type VectorStorage,
  vectorBindings,
} from "../outputs.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";

/** `y[n] = source[indices[n]]`: rows of an embedding, or the tokens that are read out. */
export interface GatherVectorsProblem extends VectorStorage {
  /** Vectors to write. */
  readonly count: number;
  /** Vectors of the source. */
  readonly rows: number;
  /** Vectors allocated for `y`, of which those from `count` on are left as they are. */
  readonly batch: number;
  readonly features: number;
}

/**
 * Generates the choice of vectors by index. Bindings: source, indices (u32, one for each vector to
 * write), y.
 */
export function gatherVectorsKernel(problem: GatherVectorsProblem): Kernel {
  requireProblem("gather-vectors", problem, {
    ...storageChecks,
    count: checks.count,
    rows: checks.count,
    batch: checks.count,
    features: checks.count,
  });
  const { count, rows, batch, from, to, dtype } = problem;
  const width = accessWidth(problem.features, "batch-first", [from, to]);
  const features = problem.features / width;
  const [x, y] = vectorBindings(dtype, width);
  const strides = stridesOf({ batch: rows, layout: from }, features);
  return outputsKernel({
    label: `gather-vectors ${count} of ${rows}x${problem.features}`,
    dtype,
    width,
    y: { batch, layout: to, count, features },
    bindings: [{ ...x, name: "source" }, indexBinding("indices"), y],
    body: `let row = min(indices[vector], ${rows - 1}u);
  let value = ${element("source", strides, "row", "feature")};`,
  });
}
