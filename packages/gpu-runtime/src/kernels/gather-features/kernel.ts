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
import { storedType } from "../wgsl.ts";

/** In place of a feature's index: zero. */
export const ZERO_FEATURE = 0xffffffff;

/** Feature `r` of `y` is feature `map[r]` of `x`: permutations, padding with zeros, cropping. */
export interface GatherFeaturesProblem extends VectorStorage {
  /** Vectors, padding included: it is moved along, in its own columns. */
  readonly batch: number;
  /** Features of `y`. */
  readonly rows: number;
  /** Features of `x`. */
  readonly cols: number;
}

/**
 * Generates the choice of features by index. Bindings: x, map (u32, one for each feature of y, which
 * may be {@link ZERO_FEATURE}), y.
 */
export function gatherFeaturesKernel(problem: GatherFeaturesProblem): Kernel {
  requireProblem("gather-features", problem, {
    ...storageChecks,
    batch: checks.count,
    rows: checks.count,
    cols: checks.count,
  });
  const { rows, cols, from, to, dtype } = problem;
  const width = accessWidth(problem.batch, "batch-last", [from, to]);
  const batch = problem.batch / width;
  const [x, y] = vectorBindings(dtype, width);
  const strides = stridesOf({ batch, layout: from }, cols);
  return outputsKernel({
    label: `gather-features ${problem.batch}x${rows} of ${cols}`,
    dtype,
    width,
    y: { batch, layout: to, count: batch, features: rows },
    bindings: [x, indexBinding("map"), y],
    body: `let chosen = map[feature];
  var value = ${storedType(dtype, width)}();
  if (chosen != ${ZERO_FEATURE}u) {
    value = ${element("x", strides, "vector", `min(chosen, ${cols - 1}u)`)};
  }`,
  });
}
