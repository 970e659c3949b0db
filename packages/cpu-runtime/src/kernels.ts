/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Kernels in WebAssembly, and programs of them: for packages that compute whole models.
 *
 * @module
 */

// First: it defines symbols that the classes name methods by, where an engine lacks them.
import "@papilio/butterfly";

export type { CpuEngine } from "./engine/engine.ts";
export { type CpuReport, type OpenCpu, openCpu, type ThreadPolicy } from "./engine/open-cpu.ts";
export type { CpuRuntimeErrorCodes } from "./errors/error-codes.ts";
export { accumulate } from "./kernels/accumulate.ts";
export {
  type ActivationGradientProblem,
  activationGradient,
} from "./kernels/activation-gradient.ts";
export { type AddPositionsProblem, addPositions } from "./kernels/add-positions.ts";
export { type AggregateProblem, aggregate } from "./kernels/aggregate.ts";
export { type AggregateHeadsProblem, aggregateHeads } from "./kernels/aggregate-heads.ts";
export {
  aggregateLargest,
  type LargestProblem,
  largestNeighbour,
} from "./kernels/aggregate-largest.ts";
export { type AppendProblem, append } from "./kernels/append.ts";
export {
  type AttentionPages,
  type AttentionProblem,
  attention,
  attentionParts,
  dividedAttention,
} from "./kernels/attention.ts";
export {
  type AttentionGradientProblem,
  attentionKeysGradient,
  attentionQueriesGradient,
  attentionStatistics,
} from "./kernels/attention-gradient.ts";
export {
  type BipolarPlanesProblem,
  type BipolarProductProblem,
  bipolarPlanes,
  bipolarProduct,
} from "./kernels/bipolar.ts";
export { type ConvertProblem, rowsFromTiles, tilesFromRows } from "./kernels/convert.ts";
export {
  type ConvolutionProblem,
  convolution,
  readsWindows,
} from "./kernels/convolution.ts";
export {
  type CrossEntropyProblem,
  crossEntropy,
  crossEntropyGradient,
} from "./kernels/cross-entropy.ts";
export {
  type DistillationProblem,
  distillation,
  distillationGradient,
} from "./kernels/distillation.ts";
export { type DropoutProblem, dropout } from "./kernels/dropout.ts";
export { type EdgeAttentionProblem, edgeAttention } from "./kernels/edge-attention.ts";
export { edgeAttentionGradient } from "./kernels/edge-attention-gradient.ts";
export { type ElementwiseProblem, elementwise } from "./kernels/elementwise.ts";
export {
  type FactorGradientProblem,
  factorGradient,
  factorGradientParts,
} from "./kernels/factor-gradient.ts";
export { fold } from "./kernels/fold.ts";
export { type GatherFeaturesProblem, gatherFeatures } from "./kernels/gather-features.ts";
export { type GatherVectorsProblem, gatherVectors } from "./kernels/gather-vectors.ts";
export type { GraphProblem } from "./kernels/graph-rows.ts";
export type {
  Access,
  KernelCall,
  Layout,
  Operand,
  PlainOperand,
  VectorsOperand,
} from "./kernels/kernel-call.ts";
export { type LabelWeightsProblem, labelWeights } from "./kernels/label-weights.ts";
export { vectorsBytes } from "./kernels/layout.ts";
export { type NormalizeProblem, normalize } from "./kernels/normalize.ts";
export {
  type NormalizeGradientProblem,
  normalizeGradient,
} from "./kernels/normalize-gradient.ts";
export {
  type NormalizeParametersGradientProblem,
  normalizeGradientParts,
  normalizeParametersGradient,
} from "./kernels/normalize-parameters-gradient.ts";
export { type PackProblem, pack } from "./kernels/pack.ts";
export {
  bitsOf,
  inputBits,
  type PackedStage,
  type PackedWeights,
  type StagePattern,
  WEIGHT_DTYPES,
  type WeightDtype,
} from "./kernels/packed-weights.ts";
export { type PoolProblem, pool } from "./kernels/pool.ts";
export type { VectorsShape } from "./kernels/problem.ts";
export { type ProductProblem, product, stagesApart } from "./kernels/product.ts";
export { type ReduceVectorsProblem, reduceVectors } from "./kernels/reduce-vectors.ts";
export type { Reduction } from "./kernels/reduction.ts";
export { type RotaryProblem, rotary } from "./kernels/rotary.ts";
export { rowParts } from "./kernels/row-parts.ts";
export { type RowsProductProblem, readsRows, rowsProduct } from "./kernels/rows-product.ts";
export { type ScatterVectorsProblem, scatterVectors } from "./kernels/scatter-vectors.ts";
export { type SoftmaxProblem, softmax } from "./kernels/softmax.ts";
export { softmaxGradient } from "./kernels/softmax-gradient.ts";
export { type SparseLinearProblem, sparseLinear } from "./kernels/sparse-linear.ts";
export { spreadVectors } from "./kernels/spread-vectors.ts";
export { squaredError, squaredErrorGradient } from "./kernels/squared-error.ts";
export { type StepSettingsProblem, stepSettings } from "./kernels/step-settings.ts";
export { sumOfSquares, sumOfSquaresParts } from "./kernels/sum-of-squares.ts";
export { type UnfoldProblem, unfold } from "./kernels/unfold.ts";
export { type UpdateProblem, update } from "./kernels/update.ts";
export type { WindowsProblem } from "./kernels/windows.ts";
export type { CpuSpan } from "./memory/cpu-span.ts";
export { packWeights } from "./multiplication/pack-weights.ts";
export {
  type ChainPass,
  type ChainPassesOptions,
  chainPasses,
  passValues,
} from "./program/chain-passes.ts";
export {
  CpuProgram,
  type CpuProgramReport,
  type OpenEngine,
  type ProgramOperation,
  type RunCpuProgramOptions,
} from "./program/cpu-program.ts";
export { KeptVectors } from "./program/kept-vectors.ts";
export type { ProgramValue } from "./program/program-value.ts";
export { ProgramRecorder } from "./program/recorder.ts";
