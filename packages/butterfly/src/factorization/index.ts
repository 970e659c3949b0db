/**
 * Factorization of dense matrices into butterflies, and the search of chains for them.
 *
 * @module
 */

export type { ErrorBounds } from "./bounds.ts";
export type { ChainPoint } from "./chain-front.ts";
export { type Factorization, type FactorizeOptions, factorize } from "./factorize.ts";
export { type MatrixSize, padMatrix } from "./pad.ts";
export {
  factorizePermuted,
  NAMED_PERMUTATIONS,
  namedPermutation,
  type PermutationName,
  type PermutedFactorization,
  type PermutedFactorizeOptions,
} from "./permuted.ts";
export { type Refinement, type RefineOptions, refine } from "./refine.ts";
export { relativeError } from "./relative-error.ts";
export {
  type ChainSearch,
  type ChainSearchOptions,
  searchChains,
} from "./search.ts";
export { type CustomTree, type FactorizationTree, NAMED_TREES } from "./tree.ts";
