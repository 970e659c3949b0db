import { lowerAccumulate } from "../../operations/accumulate/gpu.ts";
import { lowerActivation } from "../../operations/activation/gpu.ts";
import { lowerActivationGradient } from "../../operations/activation-gradient/gpu.ts";
import { lowerAddPositions } from "../../operations/add-positions/gpu.ts";
import { lowerAddVector } from "../../operations/add-vector/gpu.ts";
import { lowerAggregate } from "../../operations/aggregate/gpu.ts";
import { lowerAggregateHeads } from "../../operations/aggregate-heads/gpu.ts";
import { lowerAggregateLargest } from "../../operations/aggregate-largest/gpu.ts";
import { lowerAppend } from "../../operations/append/gpu.ts";
import { lowerAttention } from "../../operations/attention/gpu.ts";
import { lowerAttentionGradient } from "../../operations/attention-gradient/gpu.ts";
import { lowerCombine } from "../../operations/combine/gpu.ts";
import { lowerCrossEntropy } from "../../operations/cross-entropy/gpu.ts";
import { lowerCrossEntropyGradient } from "../../operations/cross-entropy-gradient/gpu.ts";
import type { DeviceLowering } from "../../operations/device-lowering.ts";
import { lowerDistillation } from "../../operations/distillation/gpu.ts";
import { lowerDistillationGradient } from "../../operations/distillation-gradient/gpu.ts";
import { lowerDropout } from "../../operations/dropout/gpu.ts";
import { lowerEdgeAttention } from "../../operations/edge-attention/gpu.ts";
import { lowerEdgeAttentionGradient } from "../../operations/edge-attention-gradient/gpu.ts";
import { lowerFactorGradient } from "../../operations/factor-gradient/gpu.ts";
import { lowerFold } from "../../operations/fold/gpu.ts";
import { lowerGatherFeatures } from "../../operations/gather-features/gpu.ts";
import { lowerGatherVectors } from "../../operations/gather-vectors/gpu.ts";
import { lowerLabelWeights } from "../../operations/label-weights/gpu.ts";
import { lowerLinear } from "../../operations/linear/gpu.ts";
import { lowerNormalize } from "../../operations/normalize/gpu.ts";
import { lowerNormalizeGradient } from "../../operations/normalize-gradient/gpu.ts";
import { lowerNormalizeParametersGradient } from "../../operations/normalize-parameters-gradient/gpu.ts";
import type { ForEachOperation, Operation } from "../../operations/operation.ts";
import { lowerPool } from "../../operations/pool/gpu.ts";
import { lowerReduceVectors } from "../../operations/reduce-vectors/gpu.ts";
import { lowerRotary } from "../../operations/rotary/gpu.ts";
import { lowerScatterVectors } from "../../operations/scatter-vectors/gpu.ts";
import { lowerSoftmax } from "../../operations/softmax/gpu.ts";
import { lowerSoftmaxGradient } from "../../operations/softmax-gradient/gpu.ts";
import { lowerSparseLinear } from "../../operations/sparse-linear/gpu.ts";
import { lowerSpreadVectors } from "../../operations/spread-vectors/gpu.ts";
import { lowerSquaredError } from "../../operations/squared-error/gpu.ts";
import { lowerSquaredErrorGradient } from "../../operations/squared-error-gradient/gpu.ts";
import { lowerStepSettings } from "../../operations/step-settings/gpu.ts";
import { lowerUnfold } from "../../operations/unfold/gpu.ts";
import { lowerUpdate } from "../../operations/update/gpu.ts";

/** The lowering of each kind of operation. */
const LOWER: ForEachOperation<void, [DeviceLowering]> = {
  activation: lowerActivation,
  "add-positions": lowerAddPositions,
  "add-vector": lowerAddVector,
  aggregate: lowerAggregate,
  append: lowerAppend,
  attention: lowerAttention,
  combine: lowerCombine,
  "edge-attention": lowerEdgeAttention,
  "gather-features": lowerGatherFeatures,
  "gather-vectors": lowerGatherVectors,
  linear: lowerLinear,
  normalize: lowerNormalize,
  pool: lowerPool,
  "reduce-vectors": lowerReduceVectors,
  rotary: lowerRotary,
  softmax: lowerSoftmax,
  "sparse-linear": lowerSparseLinear,
  unfold: lowerUnfold,
  "aggregate-heads": lowerAggregateHeads,
  "aggregate-largest": lowerAggregateLargest,
  "attention-gradient": lowerAttentionGradient,
  "edge-attention-gradient": lowerEdgeAttentionGradient,
  fold: lowerFold,
  "scatter-vectors": lowerScatterVectors,
  "spread-vectors": lowerSpreadVectors,
  "activation-gradient": lowerActivationGradient,
  "cross-entropy": lowerCrossEntropy,
  "cross-entropy-gradient": lowerCrossEntropyGradient,
  distillation: lowerDistillation,
  "distillation-gradient": lowerDistillationGradient,
  dropout: lowerDropout,
  "factor-gradient": lowerFactorGradient,
  "label-weights": lowerLabelWeights,
  "normalize-gradient": lowerNormalizeGradient,
  "normalize-parameters-gradient": lowerNormalizeParametersGradient,
  "softmax-gradient": lowerSoftmaxGradient,
  "squared-error": lowerSquaredError,
  "squared-error-gradient": lowerSquaredErrorGradient,
  accumulate: lowerAccumulate,
  "step-settings": lowerStepSettings,
  update: lowerUpdate,
};

/** Adds the dispatches that compute an operation. */
export function lowerOperation(operation: Operation, to: DeviceLowering): void {
  const lower = LOWER[operation.kind] as (of: Operation, to: DeviceLowering) => void;
  lower(operation, to);
}
