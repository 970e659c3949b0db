/**
 * Weights of few bits that kernels read: codes of 8 or 4 bits, and scales in half precision, as `quantizeValues` of
 * `@papilio/butterfly/numeric` rounds.
 */
export const WEIGHT_BITS = ["q8", "q4"] as const;
export type WeightBits = (typeof WEIGHT_BITS)[number];
