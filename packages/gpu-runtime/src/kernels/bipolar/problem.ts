import type { BatchShape, Pattern, StorageDtype } from "@papilio/butterfly";
import { requireOneOf, requirePattern } from "@papilio/butterfly/errors";
import { BIPOLAR_BITS, type BipolarBits, type Sizes } from "@papilio/butterfly/numeric";
import { type Check, checks, requireProblem } from "../problem-checks.ts";

/** Vectors that become bits of bipolar numbers. */
export interface BipolarPlanesProblem extends BatchShape {
  /** Of the factor that multiplies them: each vector has a scale for the inputs of each block. */
  readonly pattern: Pattern;
  /** How x is stored. */
  readonly dtype: StorageDtype;
  readonly bits: BipolarBits;
}

/** A product of bipolar numbers. */
export interface BipolarProductProblem extends BatchShape {
  readonly pattern: Pattern;
  /** How y is stored. */
  readonly dtype: StorageDtype;
  readonly weightBits: BipolarBits;
  readonly vectorBits: BipolarBits;
}

const bits: Check = (name, value) => void requireOneOf(name, value, BIPOLAR_BITS);
const shared = {
  pattern: requirePattern,
  batch: checks.count,
  layout: checks.layout,
  dtype: checks.dtype,
};

/** @throws PapilioError `KERNEL_PROBLEM`, `OPTION_INVALID` */
export function requirePlanesProblem(problem: BipolarPlanesProblem): void {
  requireProblem("bipolar-planes", problem, { ...shared, bits });
}

/** @throws PapilioError `KERNEL_PROBLEM`, `OPTION_INVALID` */
export function requireProductProblem(problem: BipolarProductProblem): void {
  requireProblem("bipolar-product", problem, { ...shared, weightBits: bits, vectorBits: bits });
}

export function sizesOf({ a, b, c, d }: Pattern): Sizes {
  return [a, b, c, d];
}
