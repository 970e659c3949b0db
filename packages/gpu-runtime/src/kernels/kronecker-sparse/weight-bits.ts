import type { Pattern } from "@papilio/butterfly";
import { requireOneOf, requirePattern } from "@papilio/butterfly/errors";

/**
 * Weights of few bits that kernels read: codes of 8 or 4 bits, and scales in half precision, as `quantizeValues` of
 * `@papilio/butterfly/numeric` rounds.
 */
export const WEIGHT_BITS = ["q8", "q4"] as const;
export type WeightBits = (typeof WEIGHT_BITS)[number];

/** Bytes of the codes of eight inputs of an output, and of the scale of 32. */
const [UNIT_BYTES, SCALE_BYTES] = [{ q8: 8, q4: 4 } as const, 2];

/**
 * Bytes of the weights of a pattern in few bits, but for what a kernel's order of them pads.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function fewBitsBytes(pattern: Pattern, weightDtype: WeightBits): number {
  requirePattern("The pattern", pattern);
  requireOneOf("weightDtype", weightDtype, WEIGHT_BITS);
  const { a, b, c, d } = pattern;
  return a * b * d * (UNIT_BYTES[weightDtype] * Math.ceil(c / 8) + SCALE_BYTES * Math.ceil(c / 32));
}
