import {
  type Butterfly,
  type KroneckerSparse,
  PapilioError,
  type StorageDtype,
} from "@papilio/butterfly";
import { FLOAT_FORMATS, quantize } from "@papilio/butterfly/numeric";

/**
 * Factors `from` to `to - 1` multiplied out into one, or undefined where storing it in `dtype` would
 * lose more than rounding does: products of small numbers may be too small for half precision, and
 * products of large ones too large.
 *
 * As stored, the product may differ from the exact one by at most the distance from 1 to the next
 * number, relative to the whole (root of the sum of squares); rounding alone makes half of that.
 */
export function mergeFactors(
  butterfly: Butterfly,
  from: number,
  to: number,
  dtype: StorageDtype,
): KroneckerSparse | undefined {
  const merged = unlessOutOfRange(() => butterfly.merge(from, to).factors[from]);
  if (merged === undefined) return undefined;
  const stored = quantize(merged.values, dtype);
  let lost = 0;
  let whole = 0;
  merged.values.forEach((value, index) => {
    lost += (value - (stored[index] as number)) ** 2;
    whole += value ** 2;
  });
  return lost <= FLOAT_FORMATS[dtype].epsilon ** 2 * whole ? merged : undefined;
}

/** What is computed; undefined where single precision does not hold a value of it. */
export function unlessOutOfRange<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof PapilioError && error.code === "VALUE_RANGE") return undefined;
    throw error;
  }
}
