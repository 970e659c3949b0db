/**
 * Division of a chain into stages, and memory by lifetimes: for packages that multiply by chains and run programs.
 *
 * @module
 */

export { type ArenaPlan, type Lifetime, planArena } from "./arena-plan.ts";
export { type Candidate, type Division, divideChain } from "./divide.ts";
export { type FactorRange, planInvalid, requireFactorRanges } from "./factor-ranges.ts";
