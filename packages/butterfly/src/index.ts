/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines symbols that classes of all packages name methods by, where an engine lacks them.
import "./disposal/dispose-symbols.ts";

export {
  arrayTag,
  requireArray,
  requireFunction,
  requireList,
  requireNumber,
  requireObject,
  requireOneOf,
  requireOptions,
  requireText,
} from "./argument-checks.ts";
export { balanceFactors, storableButterfly } from "./balance.ts";
export { Butterfly } from "./butterfly-matrix.ts";
export { Chain } from "./chain.ts";
export { type Chainability, chainability } from "./chainability.ts";
export { type Complex, requireParts } from "./complex/complex.ts";
export { ComplexButterfly } from "./complex/complex-butterfly.ts";
export { ComplexKroneckerSparse } from "./complex/complex-kronecker-sparse.ts";
export * from "./constructions/index.ts";
export {
  type Cost,
  chainCost,
  cost,
  denseFlops,
  type FactorCost,
  type ImplementationName,
  rewritingBytes,
} from "./cost.ts";
export { describeValue } from "./describe-value.ts";
export { didYouMean } from "./did-you-mean.ts";
export { DisposableStack } from "./disposal/disposable-stack.ts";
export { FLOAT_FORMATS, type FloatFormat, type StorageDtype } from "./dtype.ts";
export { PapilioError } from "./errors.ts";
export type { ErrorBounds } from "./factorization/bounds.ts";
export {
  type Factorization,
  type FactorizeOptions,
  factorize,
} from "./factorization/factorize.ts";
export {
  factorizePermuted,
  NAMED_PERMUTATIONS,
  namedPermutation,
  type PermutationName,
  type PermutedFactorization,
  type PermutedFactorizeOptions,
} from "./factorization/permuted.ts";
export { type Refinement, type RefineOptions, refine } from "./factorization/refine.ts";
export { relativeError } from "./factorization/relative-error.ts";
export {
  type ChainPoint,
  type ChainSearch,
  type ChainSearchOptions,
  searchChains,
} from "./factorization/search.ts";
export { type CustomTree, type FactorizationTree, NAMED_TREES } from "./factorization/tree.ts";
export * from "./files/index.ts";
export type { FloatArray, FloatArrays, FloatType } from "./float-array.ts";
export { KroneckerSparse } from "./kronecker-sparse.ts";
export {
  type BatchShape,
  LAYOUTS,
  type Layout,
  requireBatch,
  requireVectors,
  type Strides,
  stridesOf,
} from "./layout.ts";
export { multiply, requireDisjoint } from "./multiply.ts";
export { Pattern } from "./pattern.ts";
export {
  blockDiagonal,
  inputShuffle,
  invertPermutation,
  outputShuffle,
  permuteFeatures,
} from "./perfect-shuffle.ts";
export {
  type AnyButterfly,
  type Permutations,
  PermutedButterfly,
  type VectorsOf,
} from "./permuted-butterfly.ts";
export { type Candidate, type Division, divideChain } from "./planning/divide.ts";
export { planInvalid, requireRuns } from "./planning/require-runs.ts";
export type { MonarchShape, Radices } from "./presets.ts";
export { type RandomOptions, uniform } from "./random.ts";
export { type Sharing, storedPattern, UNSHARED } from "./sharing.ts";
export { type NarrowType, requireStorable } from "./storable.ts";
export { subnormalOperands } from "./subnormal-operands.ts";
export {
  forEachNonZero,
  isSupported,
  type SupportPicture,
  supportPicture,
} from "./support.ts";
export {
  availableThreads,
  openThread,
  type Thread,
  type ThreadEvents,
  type ThreadProgram,
} from "./threads/thread.ts";
export { errorBound, type Rounding, type Verification, verify } from "./tolerance.ts";
export { Turns } from "./turns.ts";
