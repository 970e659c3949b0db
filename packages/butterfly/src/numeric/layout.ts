import { requireObject, requireOneOf, requireWhole } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/** The layouts of activations, in the order in which results list them. */
export const LAYOUTS = ["batch-first", "batch-last"] as const;

/**
 * How a batch of vectors lies in memory: `"batch-first"` is `[batch, features]`, `"batch-last"` is
 * `[features, batch]`, both row-major.
 */
export type Layout = (typeof LAYOUTS)[number];

/** A batch of vectors, apart from their length. */
export interface BatchShape {
  /** Number of vectors, at least 1. */
  readonly batch: number;
  readonly layout: Layout;
}

/** Distances in elements: feature `f` of vector `n` lies at `n * vector + f * feature`. */
export interface Strides {
  readonly vector: number;
  readonly feature: number;
}

/**
 * The strides of a batch of vectors of `features` elements.
 *
 * @throws PapilioError `BATCH_INVALID`, `LAYOUT_INVALID`, `OPTION_INVALID`
 */
export function stridesOf(shape: BatchShape, features: number): Strides {
  requireShape(shape);
  requireWhole("The number of features", features, 0);
  const { batch, layout } = shape;
  switch (layout) {
    case "batch-first":
      return { vector: features, feature: 1 };
    case "batch-last":
      return { vector: 1, feature: batch };
    default:
      throw new PapilioError(
        "LAYOUT_INVALID",
        `There is no layout ${describeValue(layout satisfies never)}.`,
        `Use one of ${LAYOUTS.join(", ")}.`,
      );
  }
}

/** @throws PapilioError `OPTION_INVALID`, `BATCH_INVALID` for what has no number of vectors */
export function requireShape(shape: { readonly batch: number }): void {
  requireObject("The shape of the vectors", shape, "an object with batch and layout");
  requireBatch(shape.batch);
}

/** @throws PapilioError `BATCH_INVALID` unless `batch` is a whole number of at least 1 */
export function requireBatch(batch: number): void {
  if (Number.isSafeInteger(batch) && batch >= 1) return;
  throw new PapilioError(
    "BATCH_INVALID",
    `The batch size is ${describeValue(batch)}, but it must be a whole number of at least 1.`,
    "Pass the number of vectors that are multiplied at once.",
  );
}

/**
 * Refuses an array that is not a batch of vectors of `features` elements.
 *
 * @throws PapilioError `BATCH_INVALID`; `INPUT_LENGTH` or `OUTPUT_LENGTH`
 */
export function requireVectors(
  name: "input" | "output",
  length: number,
  features: number,
  batch: number,
): void {
  requireOneOf("The vectors", name, ["input", "output"]);
  requireWhole("The number of elements", length, 0);
  requireWhole("The number of features", features, 0);
  requireBatch(batch);
  const expected = batch * features;
  if (length === expected) return;
  throw new PapilioError(
    name === "input" ? "INPUT_LENGTH" : "OUTPUT_LENGTH",
    `The ${name} has ${length} elements, but ${batch} vectors of ${features} make ${expected}.`,
    `Pass an ${name} of ${expected} elements, or another batch size.`,
  );
}
