/**
 * Factors of few bits that are rounded together, for the error of their product, and how large it is.
 *
 * @module
 */

export {
  type RoundingOptions,
  roundButterfly,
  roundingError,
  searchScales,
} from "./round-butterfly.ts";
export { roundToScales, valueScales } from "./round-to-scales.ts";
