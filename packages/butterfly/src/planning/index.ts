/**
 * Division of a chain into stages: for packages that multiply by chains.
 *
 * @module
 */

export { type Candidate, type Division, divideChain } from "./divide.ts";
export { type FactorRange, planInvalid, requireFactorRanges } from "./factor-ranges.ts";
