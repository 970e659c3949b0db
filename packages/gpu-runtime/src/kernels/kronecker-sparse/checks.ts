import {
  requireArray,
  requireBoolean,
  requireObject,
  requireOneOf,
  requirePattern,
} from "@papilio/butterfly/errors";
import { FEW_BITS } from "@papilio/butterfly/numeric";
import { requireEpilogue } from "../epilogue.ts";
import { type Check, checks, requireProblem } from "../problem-checks.ts";
import type { KroneckerSparsePacking } from "./packing.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import type { KroneckerSparseVariant } from "./variant.ts";

const sharing: Check = (name, value) => {
  requireObject(name, value, "an object with a and d");
  const { a, d } = value as { a?: unknown; d?: unknown };
  requireBoolean(`a of ${name}`, a);
  requireBoolean(`d of ${name}`, d);
};

/** @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`, `ACTIVATION_INVALID` */
export function requireKroneckerSparseProblem(problem: KroneckerSparseProblem): void {
  requireProblem("Kronecker-sparse", problem, {
    pattern: requirePattern,
    batch: checks.count,
    layout: checks.layout,
    dtype: checks.dtype,
    weightDtype: checks.optional(checks.oneOf(...FEW_BITS)),
    sharing: checks.optional(sharing),
    bias: checks.optional(checks.flag),
  });
  if (problem.epilogue !== undefined) requireEpilogue(problem.epilogue);
}

const width = checks.oneOf(1, 2, 4);
const broadcast: Check = (name, value) => {
  if (value !== "load") checks.count(name, value);
};

const VARIANTS: Readonly<Record<KroneckerSparseVariant["kind"], Readonly<Record<string, Check>>>> =
  {
    register: {
      lanes: checks.oneOf("batch", "outputs", "blocks"),
      vector: width,
      spans: checks.count,
      tile: checks.count,
      reduction: checks.count,
      broadcast,
      workgroup: checks.count,
      coalescedStore: checks.flag,
    },
    workgroup: {
      tileN: checks.count,
      tileM: checks.count,
      tileK: checks.count,
      threadN: checks.count,
      threadM: checks.count,
      neighbours: checks.count,
    },
    vector: {
      vector: checks.oneOf(1, 2, 4, 8),
      splitK: checks.count,
      groups: checks.count,
      tile: checks.count,
      reduceScope: checks.oneOf("workgroup", "subgroup"),
    },
    matrix: {
      unitM: checks.count,
      unitN: checks.count,
      unitK: checks.count,
      subgroup: checks.count,
      productsM: checks.count,
      productsN: checks.count,
      subgroupsM: checks.count,
      subgroupsN: checks.count,
      productsK: checks.count,
      neighbours: checks.count,
    },
  };

/** @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM` */
export function requireKroneckerSparseVariant(variant: KroneckerSparseVariant): void {
  requireObject("The variant", variant, "a variant of the Kronecker-sparse kernel");
  const kind = requireOneOf(
    "The kind of the variant",
    variant.kind,
    Object.keys(VARIANTS) as KroneckerSparseVariant["kind"][],
  );
  requireProblem("Kronecker-sparse", variant as unknown as Record<string, unknown>, VARIANTS[kind]);
}

/** An order of packed weights. */
export const packingCheck: Check = (name, value) => {
  requireObject(name, value, "an order of packed weights", "order");
  const packing = value as KroneckerSparsePacking;
  requireOneOf(`The order of ${name}`, packing.order, ["tiles", "blocks", "vector", "padded"]);
  if (packing.order === "tiles") checks.count(`The tile of ${name}`, packing.tile);
  if (packing.order === "padded") {
    checks.count(`The outputs of ${name}`, packing.outputs);
    checks.count(`The inputs of ${name}`, packing.inputs);
  }
  if (packing.order !== "vector") return;
  requireKroneckerSparseVariant(packing.variant);
  requireOneOf(`The variant of ${name}`, packing.variant.kind, ["vector"]);
};

/** @throws PapilioError `OPTION_INVALID`, `ARRAY_TYPE`, `KERNEL_PROBLEM` */
export function requirePacking(
  pattern: unknown,
  values: unknown,
  variant: KroneckerSparseVariant,
): void {
  requirePattern("The pattern", pattern);
  requireArray("The values", values, "Float32Array");
  requireKroneckerSparseVariant(variant);
}
