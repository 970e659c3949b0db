import { requireOneOf } from "../errors/argument-checks.ts";
/** How the elements of a tensor are stored. Products are accumulated in float32 in both cases. */
export type StorageDtype = "f32" | "f16";

/** The same, and double precision, in which sums are too: what the CPU multiplies in. */
export type FloatDtype = StorageDtype | "f64";

/** What rounding to a binary floating-point format costs. */
export interface FloatFormat {
  /** Size of one element. */
  readonly bytes: number;
  /** Distance from 1 to the next larger number: the relative error of rounding in any direction. */
  readonly epsilon: number;
  /** Below it numbers are subnormal, which a device may flush to zero. */
  readonly smallestNormal: number;
}

/** IEEE 754 binary32 and binary16. */
export const FLOAT_FORMATS: Readonly<Record<StorageDtype, FloatFormat>> = {
  f32: { bytes: 4, epsilon: 2 ** -23, smallestNormal: 2 ** -126 },
  f16: { bytes: 2, epsilon: 2 ** -10, smallestNormal: 2 ** -14 },
};

/** IEEE 754 binary64. */
const DOUBLE: FloatFormat = { bytes: 8, epsilon: Number.EPSILON, smallestNormal: 2 ** -1022 };

/**
 * The format of an element type.
 *
 * @throws PapilioError `OPTION_INVALID` for one that there is not
 */
export function formatOf(dtype: FloatDtype): FloatFormat {
  if (dtype === "f64") return DOUBLE;
  // Looked up first: bounds of errors ask for every element.
  return Object.hasOwn(FLOAT_FORMATS, dtype)
    ? FLOAT_FORMATS[dtype]
    : requireOneOf("The element type", dtype, [...Object.keys(FLOAT_FORMATS), "f64"] as never[]);
}
