import { Pattern } from "@papilio/butterfly";
import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { packingCheck } from "../kronecker-sparse/checks.ts";
import {
  type KroneckerSparsePacking,
  orderName,
  weightIndex,
} from "../kronecker-sparse/packing.ts";
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
  /**
   * The order of the source where it is the packed weights of a dense matrix `[rows, features]`, of which
   * vectors are rows; `from` says nothing then. A table that a multiplication reads too is on the device once.
   */
  readonly packing?: KroneckerSparsePacking | undefined;
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
    packing: checks.optional(packingCheck),
  });
  const { count, rows, batch, from, to, dtype, packing } = problem;
  const width =
    packing === undefined ? accessWidth(problem.features, "batch-first", [from, to]) : 1;
  const features = problem.features / width;
  const [x, y] = vectorBindings(dtype, width);
  const strides = stridesOf({ batch: rows, layout: from }, features);
  return outputsKernel({
    label: `gather-vectors ${count} of ${rows}x${problem.features}${orderName({ packing })}`,
    dtype,
    width,
    y: { batch, layout: to, count, features },
    bindings: [{ ...x, name: "source" }, indexBinding("indices"), y],
    body: `let row = min(indices[vector], ${rows - 1}u);
  ${
    packing === undefined
      ? `let value = ${element("source", strides, "row", "feature")};`
      : packedElement(rows, features, packing)
  }`,
  });
}

/** WGSL that declares the `value` of a `row` and a `feature` among packed weights. */
function packedElement(rows: number, features: number, packing: KroneckerSparsePacking): string {
  const index = weightIndex(new Pattern(1, rows, features, 1), undefined, packing);
  return `let block = 0u;
  let value = source[${index.base("row")} + ${index.input("feature")}];`;
}
