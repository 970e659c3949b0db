import { Pattern } from "@papilio/butterfly";
import { FEW_BITS, type FewBits, stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { packingCheck } from "../kronecker-sparse/checks.ts";
import { type FewBitsReader, fewBitsReader, SCALED } from "../kronecker-sparse/few-bits.ts";
import { UNIT } from "../kronecker-sparse/few-bits-codes.ts";
import {
  type KroneckerSparsePacking,
  orderName,
  weightIndex,
  weightsName,
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
  /** Of packed weights: how they are stored, where they are of few bits. */
  readonly weightDtype?: FewBits | undefined;
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
    weightDtype: checks.optional(checks.oneOf(...FEW_BITS)),
  });
  const { count, rows, batch, from, to, dtype, packing, weightDtype } = problem;
  const width =
    packing === undefined ? accessWidth(problem.features, "batch-first", [from, to]) : 1;
  const features = problem.features / width;
  const [x, y] = vectorBindings(dtype, width);
  const pattern = new Pattern(1, rows, features, 1);
  const reader =
    packing && weightDtype && fewBitsReader(pattern, undefined, packing, weightDtype, "source");
  const strides = stridesOf({ batch: rows, layout: from }, features);
  return outputsKernel({
    label: `gather-vectors ${count} of ${rows}x${problem.features}${orderName({ packing })}${weightsName({ weightDtype })}`,
    dtype,
    width,
    y: { batch, layout: to, count, features },
    bindings: [
      { ...x, name: "source", ...(reader && { elements: "u32" }) },
      indexBinding("indices"),
      y,
    ],
    functions: reader?.declare ?? "",
    body: `let row = min(indices[vector], ${rows - 1}u);
  ${
    packing === undefined
      ? `let value = ${element("source", strides, "row", "feature")};`
      : reader
        ? fewBitsElement(reader)
        : packedElement(pattern, packing)
  }`,
  });
}

/** WGSL that declares the `value` of a `row` and a `feature` among packed weights. */
function packedElement(pattern: Pattern, packing: KroneckerSparsePacking): string {
  const index = weightIndex(pattern, undefined, packing);
  return `let block = 0u;
  let value = source[${index.base("row")} + ${index.input("feature")}];`;
}

/** The same among weights of few bits. */
function fewBitsElement(reader: FewBitsReader): string {
  return `let block = 0u;
  let units = ${reader.unitsOf("row")};
  let unit = ${reader.unit("units", `feature / ${UNIT}u`)};
  let scales = ${reader.scalesOf("row")};
  let value = ${reader.numberAt("unit", "feature")} * ${reader.scale("scales", `feature / ${SCALED}u`)};`;
}
