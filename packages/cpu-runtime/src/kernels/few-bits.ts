import type { FloatArray } from "@papilio/butterfly";
import { type FewBits, quantizeValues, type Sizes, scalesOfRows } from "@papilio/butterfly/numeric";

/** What `pack` takes of values that become weights of few bits. */
export interface RoundedValues {
  /** In the order of the values. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** Bits in half precision, of each row `[c / 32, d]`: repeated where rows share one. */
  readonly scales: Uint16Array<ArrayBuffer>;
}

/**
 * Rounds values to few bits, for the kernels.
 *
 * @param shape of the values, `[a, b, c, d]`
 * @throws PapilioError `VALUE_RANGE`
 */
export function roundValues(values: FloatArray, shape: Sizes, dtype: FewBits): RoundedValues {
  const rounded = quantizeValues(values, shape, dtype);
  return { codes: rounded.codes, scales: scalesOfRows(rounded) };
}
