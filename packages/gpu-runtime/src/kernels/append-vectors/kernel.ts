import type { Layout, StorageDtype } from "@papilio/butterfly";
import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { perElementShader, placeInCache } from "../per-element.ts";
import { checks, requireCounts, requireProblem, storageChecks } from "../problem-checks.ts";
import { enabledBy, times } from "../wgsl.ts";

/** A batch of vectors that is written into a cache of more, from a position on, or each where it belongs. */
export interface AppendProblem {
  readonly batch: number;
  readonly features: number;
  /** Layout of the batch. */
  readonly from: Layout;
  /** Layout of the cache. */
  readonly to: Layout;
  readonly dtype: StorageDtype;
  /** Vectors of the cache. */
  readonly vectors: number;
  /** Vectors of the batch that have a position each, without which others are dropped; the first has one unless given. */
  readonly places?: number;
}

/**
 * Generates `y[position + n] = x[n]`, or `y[position[n]] = x[n]`, for the vectors `n` whose place is in the cache; the
 * others are dropped. Bindings: x, y, position (u32, one number, or one for each vector that has a place).
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `LAYOUT_INVALID`
 */
export function appendVectorsKernel(problem: AppendProblem): Kernel {
  requireProblem("append-vectors", problem, {
    ...storageChecks,
    batch: checks.count,
    features: checks.count,
    vectors: checks.count,
    places: checks.optional(checks.count),
  });
  const { batch, features, from, to, dtype, vectors, places } = problem;
  requireCounts("append-vectors", { batch, features, vectors });
  const x = stridesOf({ batch, layout: from }, features);
  const y = stridesOf({ batch: vectors, layout: to }, features);
  return {
    label: `append ${batch}x${features} to ${vectors}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: dtype, access: "read" },
      { name: "y", elements: dtype, access: "read-write" },
      { name: "position", elements: "u32", access: "read" },
    ],
    ...perElementShader(
      { batch, parts: { name: "feature", count: features }, to },
      `${placeInCache(vectors, places ?? "first")}
  y[${times("place", y.vector)} + ${times("feature", y.feature)}] = x[${times("vector", x.vector)} + ${times("feature", x.feature)}];`,
    ),
  };
}
