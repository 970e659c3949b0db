/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines symbols that classes of all packages name methods by, where an engine lacks them.
import "./disposal/dispose-symbols.ts";

export * from "./constructions/index.ts";
export { DisposableStack } from "./disposal/disposable-stack.ts";
export {
  arrayTag,
  requireArray,
  requireBoolean,
  requireFunction,
  requireList,
  requireNumber,
  requireObject,
  requireOneOf,
  requireOptions,
  requireProgress,
  requireSignal,
  requireText,
  requireWhole,
} from "./errors/argument-checks.ts";
export { describeValue } from "./errors/describe-value.ts";
export { didYouMean } from "./errors/did-you-mean.ts";
export type { ErrorCode, ErrorCodes } from "./errors/error-codes.ts";
export {
  requireAnyButterfly,
  requireButterfly,
  requireChain,
  requireComplexButterfly,
  requireComplexFactor,
  requireFactor,
  requireListOf,
  requirePattern,
} from "./errors/matrix-checks.ts";
export { PapilioError } from "./errors/papilio-error.ts";
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
export { balanceFactors, storableButterfly } from "./matrix/balance.ts";
export { Butterfly, toButterfly } from "./matrix/butterfly.ts";
export { ComplexButterfly, toComplexButterfly } from "./matrix/complex-butterfly.ts";
export { ComplexKroneckerSparse } from "./matrix/complex-kronecker-sparse.ts";
export { KroneckerSparse } from "./matrix/kronecker-sparse.ts";
export { multiply, requireDisjoint } from "./matrix/multiply.ts";
export {
  blockDiagonal,
  inputShuffle,
  invertPermutation,
  outputShuffle,
  permuteFeatures,
} from "./matrix/perfect-shuffle.ts";
export {
  type AnyButterfly,
  type Permutations,
  PermutedButterfly,
  type VectorsOf,
  withPermutations,
} from "./matrix/permuted-butterfly.ts";
export { quantizeButterfly } from "./matrix/quantize.ts";
export { type Sharing, storedPattern, UNSHARED } from "./matrix/sharing.ts";
export { subnormalOperands } from "./matrix/subnormal-operands.ts";
export { type Complex, requireParts } from "./numeric/complex.ts";
export { FLOAT_FORMATS, type FloatFormat, type StorageDtype } from "./numeric/dtype.ts";
export type { FloatArray, FloatArrays, FloatType } from "./numeric/float-array.ts";
export { decodeHalf, encodeHalf, quantize } from "./numeric/half-precision.ts";
export {
  type BatchShape,
  LAYOUTS,
  type Layout,
  requireBatch,
  requireShape,
  requireVectors,
  type Strides,
  stridesOf,
} from "./numeric/layout.ts";
export { type RandomOptions, uniform } from "./numeric/random.ts";
export { type NarrowType, requireStorable } from "./numeric/storable.ts";
export { errorBound, type Rounding, type Verification, verify } from "./numeric/tolerance.ts";
export { Chain } from "./pattern/chain.ts";
export { type Chainability, chainability } from "./pattern/chainability.ts";
export {
  type Cost,
  chainCost,
  cost,
  denseFlops,
  type FactorCost,
  type ImplementationName,
  rewritingBytes,
} from "./pattern/cost.ts";
export { Pattern } from "./pattern/pattern.ts";
export type { MonarchShape, Radices } from "./pattern/presets.ts";
export {
  forEachNonZero,
  isSupported,
  type SupportPicture,
  supportPicture,
} from "./pattern/support.ts";
export { type Candidate, type Division, divideChain } from "./planning/divide.ts";
export { type FactorRange, planInvalid, requireFactorRanges } from "./planning/factor-ranges.ts";
export {
  availableThreads,
  openThread,
  type Thread,
  type ThreadEvents,
  type ThreadProgram,
} from "./threads/thread.ts";
export { TimeSlicer } from "./threads/time-slicer.ts";
