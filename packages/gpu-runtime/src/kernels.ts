/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { Binding, Kernel, Step } from "./device/kernel.ts";
export { assertFits } from "./device/storage.ts";
export type { GpuRuntimeErrorCodes } from "./errors/error-codes.ts";
export { type AccumulateProblem, accumulateKernel } from "./kernels/accumulate/kernel.ts";
export {
  type ActivationGradientProblem,
  activationGradientKernel,
} from "./kernels/activation-gradient/kernel.ts";
export { type AddPositionsProblem, addPositionsKernel } from "./kernels/add-positions/kernel.ts";
export { type AggregateProblem, aggregateKernel } from "./kernels/aggregate/kernel.ts";
export {
  type AggregateHeadsProblem,
  aggregateHeadsKernel,
} from "./kernels/aggregate-heads/kernel.ts";
export {
  aggregateLargestKernel,
  type LargestProblem,
  largestNeighbourKernel,
} from "./kernels/aggregate-largest/kernel.ts";
export { type AppendProblem, appendVectorsKernel } from "./kernels/append-vectors/kernel.ts";
export { attentionVariants } from "./kernels/attention/candidates.ts";
export { chooseAttention } from "./kernels/attention/choose.ts";
export { attentionKernel } from "./kernels/attention/kernel.ts";
export type { AttentionPages, AttentionProblem } from "./kernels/attention/problem.ts";
export {
  type AttentionVariant,
  attentionName,
  type KeysAttention,
  type MatrixAttention,
  type RegisterAttention,
  type WorkgroupAttention,
} from "./kernels/attention/variant.ts";
export { chooseAttentionGradient } from "./kernels/attention-gradient/choose.ts";
export {
  attentionKeysGradientKernel,
  attentionQueriesGradientKernel,
  attentionStatisticsKernel,
} from "./kernels/attention-gradient/kernel.ts";
export type {
  AttentionGradientProblem,
  AttentionOperand,
} from "./kernels/attention-gradient/problem.ts";
export type { AttentionGradientVariant } from "./kernels/attention-gradient/variant.ts";
export { bipolarPlanesKernel } from "./kernels/bipolar/planes.ts";
export type { BipolarPlanesProblem, BipolarProductProblem } from "./kernels/bipolar/problem.ts";
export { bipolarProductKernel } from "./kernels/bipolar/product.ts";
export { type ConvertProblem, convertKernel } from "./kernels/convert/kernel.ts";
export {
  type CrossEntropyGradientProblem,
  type CrossEntropyProblem,
  crossEntropyGradientKernel,
  crossEntropyKernel,
} from "./kernels/cross-entropy/kernel.ts";
export { csrKernel } from "./kernels/csr/kernel.ts";
export {
  type DistillationGradientProblem,
  type DistillationProblem,
  distillationGradientKernel,
  distillationKernel,
} from "./kernels/distillation/kernel.ts";
export { type DropoutProblem, dropoutKernel } from "./kernels/dropout/kernel.ts";
export { type EdgeAttentionProblem, edgeAttentionKernel } from "./kernels/edge-attention/kernel.ts";
export {
  type EdgeAttentionGradientProblem,
  edgeAttentionGradientKernel,
} from "./kernels/edge-attention-gradient/kernel.ts";
export { type ElementwiseProblem, elementwiseKernel } from "./kernels/elementwise/kernel.ts";
export type { Epilogue, PlacedEpilogue } from "./kernels/epilogue.ts";
export type { ReductionLanes, VectorsShape } from "./kernels/feature-reduction/lanes.ts";
export { foldKernel } from "./kernels/fold/kernel.ts";
export {
  type GatherFeaturesProblem,
  gatherFeaturesKernel,
  ZERO_FEATURE,
} from "./kernels/gather-features/kernel.ts";
export { type GatherVectorsProblem, gatherVectorsKernel } from "./kernels/gather-vectors/kernel.ts";
export { kroneckerSparseVariants } from "./kernels/kronecker-sparse/candidates.ts";
export { chooseKroneckerSparse } from "./kernels/kronecker-sparse/choose.ts";
export { fewBitsBytes } from "./kernels/kronecker-sparse/few-bits.ts";
export {
  type IntegerKroneckerSparseProblem,
  integerKroneckerSparseKernel,
  integerKroneckerSparseVariants,
  packIntegerKroneckerSparse,
} from "./kernels/kronecker-sparse/integer.ts";
export { kroneckerSparseKernel } from "./kernels/kronecker-sparse/kernel.ts";
export { packKroneckerSparse } from "./kernels/kronecker-sparse/pack.ts";
export type { KroneckerSparsePacking } from "./kernels/kronecker-sparse/packing.ts";
export type { KroneckerSparseProblem } from "./kernels/kronecker-sparse/problem.ts";
export {
  type KroneckerSparseVariant,
  kroneckerSparseName,
  type MatrixKroneckerSparse,
  type RegisterKroneckerSparse,
  type VectorKroneckerSparse,
  type WorkgroupKroneckerSparse,
} from "./kernels/kronecker-sparse/variant.ts";
export { type LabelWeightsProblem, labelWeightsKernel } from "./kernels/label-weights/kernel.ts";
export type { MatrixUnitsShape } from "./kernels/matrix-units.ts";
export { type NormalizationProblem, normalizationKernel } from "./kernels/normalization/kernel.ts";
export {
  type NormalizationGradientProblem,
  normalizationGradientKernel,
} from "./kernels/normalization-gradient/kernel.ts";
export {
  type NormalizationParametersGradientProblem,
  type NormalizationStatisticsProblem,
  normalizationParametersGradientKernel,
  normalizationStatisticsKernel,
} from "./kernels/normalization-gradient/parameters.ts";
export type { BatchStorage, VectorStorage } from "./kernels/outputs.ts";
export { type PoolProblem, poolKernel } from "./kernels/pool/kernel.ts";
export { type ReduceVectorsProblem, reduceVectorsKernel } from "./kernels/reduce-vectors/kernel.ts";
export type { Reduction } from "./kernels/reduction.ts";
export { type RepackProblem, repackKernel } from "./kernels/repack/kernel.ts";
export { type RotaryProblem, rotaryKernel } from "./kernels/rotary/kernel.ts";
export {
  type ScatterVectorsProblem,
  scatterVectorsKernel,
} from "./kernels/scatter-vectors/kernel.ts";
export { type SoftmaxProblem, softmaxKernel } from "./kernels/softmax/kernel.ts";
export {
  type SoftmaxGradientProblem,
  softmaxGradientKernel,
} from "./kernels/softmax-gradient/kernel.ts";
export { type SortIndicesProblem, sortIndicesKernel } from "./kernels/sort-indices/kernel.ts";
export { type SpreadVectorsProblem, spreadVectorsKernel } from "./kernels/spread-vectors/kernel.ts";
export {
  type SquaredErrorGradientProblem,
  type SquaredErrorProblem,
  squaredErrorGradientKernel,
  squaredErrorKernel,
} from "./kernels/squared-error/kernel.ts";
export { type StepSettingsProblem, stepSettingsKernel } from "./kernels/step-settings/kernel.ts";
export {
  type SumOfSquaresProblem,
  sumOfSquaresKernel,
  sumOfSquaresParts,
} from "./kernels/sum-of-squares/kernel.ts";
export { type UnfoldProblem, unfoldKernel } from "./kernels/unfold/kernel.ts";
export { type UpdateProblem, updateKernel } from "./kernels/update/kernel.ts";
export type { WindowsProblem } from "./kernels/windows.ts";
export { type BipolarOptions, prepareBipolar } from "./multiplication/bipolar.ts";
export { prepareBmm } from "./multiplication/bmm.ts";
export { prepareBsr } from "./multiplication/bsr.ts";
export {
  type ButterflyMultiplication,
  type ButterflyOptions,
  prepareButterfly,
} from "./multiplication/butterfly.ts";
export {
  type ComplexMultiplication,
  prepareComplexButterfly,
} from "./multiplication/complex-butterfly.ts";
export { prepareCsr } from "./multiplication/csr.ts";
export { prepareDense } from "./multiplication/dense.ts";
export { prepareEinsum } from "./multiplication/einsum.ts";
export type { EpilogueOperands } from "./multiplication/epilogue-operands.ts";
export {
  type FactorGradientOperands,
  type FactorGradientOptions,
  factorGradient,
} from "./multiplication/factor-gradient.ts";
export {
  bmmFactorGradient,
  denseFactorGradient,
  einsumFactorGradient,
} from "./multiplication/gradient-baselines.ts";
export {
  type KroneckerSparseOptions,
  prepareKroneckerSparse,
} from "./multiplication/kronecker-sparse.ts";
export type { Multiplication, PrepareMultiplication } from "./multiplication/multiplication.ts";
export { requirePortions } from "./multiplication/portions.ts";
export { transposition } from "./multiplication/transposition.ts";
export { type SharedWeights, WeightStore } from "./multiplication/weight-store.ts";
export type { PlacedStep } from "./program/arena.ts";
export { type CompareOptions, compareSeconds } from "./program/compare-seconds.ts";
export { Program, type ProgramReport } from "./program/program.ts";
export { BufferSet } from "./tensor/buffer-set.ts";
export { decode, encode } from "./tensor/dtype.ts";
export { scratchVectors, type Vectors } from "./tensor/vectors.ts";
