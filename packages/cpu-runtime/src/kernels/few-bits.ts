import type { FloatArray } from "@papilio/butterfly";
import { type FewBits, quantizeValues, type Sizes, scalesOfRows } from "@papilio/butterfly/numeric";
import type { WeightDtype } from "./packed-weights.ts";

/** What `pack` takes of values that become weights of few bits. */
export interface RoundedValues {
  /** Whole numbers, in the order of the values. */
  readonly numbers: Float32Array<ArrayBuffer>;
  /** Bits in half precision, of each row `[c / 32, d]`: repeated where rows share one. */
  readonly scales: Uint16Array<ArrayBuffer>;
}

/** The type of few bits; undefined for one of floating-point numbers. */
export function fewBitsOf(dtype: WeightDtype): "q8" | "q4" | undefined {
  return dtype === "q8" || dtype === "q4" ? dtype : undefined;
}

/**
 * Rounds values to few bits, for the kernels.
 *
 * @param shape of the values, `[a, b, c, d]`
 * @throws PapilioError `VALUE_RANGE`
 */
export function roundValues(
  values: FloatArray,
  shape: Sizes,
  dtype: FewBits & WeightDtype,
): RoundedValues {
  const rounded = quantizeValues(values, shape, dtype);
  const { codes } = rounded;
  const offset = dtype === "q8" ? 128 : 8;
  const numbers = new Float32Array(codes.length);
  for (let at = 0; at < codes.length; at++) numbers[at] = (codes[at] as number) - offset;
  return { numbers, scales: scalesOfRows(rounded) };
}
