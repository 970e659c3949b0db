import type { FloatArray } from "@papilio/butterfly";
import { evaluateAccumulate } from "../../operations/accumulate/reference.ts";
import { evaluateActivation } from "../../operations/activation/reference.ts";
import { evaluateActivationGradient } from "../../operations/activation-gradient/reference.ts";
import { evaluateAddPositions } from "../../operations/add-positions/reference.ts";
import { evaluateAddVector } from "../../operations/add-vector/reference.ts";
import { evaluateAggregate } from "../../operations/aggregate/reference.ts";
import { evaluateAggregateHeads } from "../../operations/aggregate-heads/reference.ts";
import { evaluateAggregateLargest } from "../../operations/aggregate-largest/reference.ts";
import { evaluateAppend } from "../../operations/append/reference.ts";
import { evaluateAttention } from "../../operations/attention/reference.ts";
import { evaluateAttentionGradient } from "../../operations/attention-gradient/reference.ts";
import { evaluateCombine } from "../../operations/combine/reference.ts";
import { evaluateCrossEntropy } from "../../operations/cross-entropy/reference.ts";
import { evaluateCrossEntropyGradient } from "../../operations/cross-entropy-gradient/reference.ts";
import { evaluateDistillation } from "../../operations/distillation/reference.ts";
import { evaluateDistillationGradient } from "../../operations/distillation-gradient/reference.ts";
import { evaluateDropout } from "../../operations/dropout/reference.ts";
import { evaluateEdgeAttention } from "../../operations/edge-attention/reference.ts";
import { evaluateEdgeAttentionGradient } from "../../operations/edge-attention-gradient/reference.ts";
import { evaluateFactorGradient } from "../../operations/factor-gradient/reference.ts";
import { evaluateFold } from "../../operations/fold/reference.ts";
import { evaluateGatherFeatures } from "../../operations/gather-features/reference.ts";
import { evaluateGatherVectors } from "../../operations/gather-vectors/reference.ts";
import { evaluateLabelWeights } from "../../operations/label-weights/reference.ts";
import { evaluateLinear } from "../../operations/linear/reference.ts";
import { evaluateNormalize } from "../../operations/normalize/reference.ts";
import { evaluateNormalizeGradient } from "../../operations/normalize-gradient/reference.ts";
import { evaluateNormalizeParametersGradient } from "../../operations/normalize-parameters-gradient/reference.ts";
import type { ForEachOperation, Operation } from "../../operations/operation.ts";
import { evaluatePool } from "../../operations/pool/reference.ts";
import { evaluateReduceVectors } from "../../operations/reduce-vectors/reference.ts";
import type { ReferenceContext } from "../../operations/reference-context.ts";
import { evaluateRotary } from "../../operations/rotary/reference.ts";
import { evaluateScatterVectors } from "../../operations/scatter-vectors/reference.ts";
import { evaluateSoftmax } from "../../operations/softmax/reference.ts";
import { evaluateSoftmaxGradient } from "../../operations/softmax-gradient/reference.ts";
import { evaluateSparseLinear } from "../../operations/sparse-linear/reference.ts";
import { evaluateSpreadVectors } from "../../operations/spread-vectors/reference.ts";
import { evaluateSquaredError } from "../../operations/squared-error/reference.ts";
import { evaluateSquaredErrorGradient } from "../../operations/squared-error-gradient/reference.ts";
import { evaluateStepSettings } from "../../operations/step-settings/reference.ts";
import { evaluateUnfold } from "../../operations/unfold/reference.ts";
import { evaluateUpdate } from "../../operations/update/reference.ts";

/** The readable reference of each kind of operation. */
const REFERENCE: ForEachOperation<FloatArray, [ReferenceContext]> = {
  activation: evaluateActivation,
  "add-positions": evaluateAddPositions,
  "add-vector": evaluateAddVector,
  aggregate: evaluateAggregate,
  append: evaluateAppend,
  attention: evaluateAttention,
  combine: evaluateCombine,
  "edge-attention": evaluateEdgeAttention,
  "gather-features": evaluateGatherFeatures,
  "gather-vectors": evaluateGatherVectors,
  linear: evaluateLinear,
  normalize: evaluateNormalize,
  pool: evaluatePool,
  "reduce-vectors": evaluateReduceVectors,
  rotary: evaluateRotary,
  softmax: evaluateSoftmax,
  "sparse-linear": evaluateSparseLinear,
  unfold: evaluateUnfold,
  "aggregate-heads": evaluateAggregateHeads,
  "aggregate-largest": evaluateAggregateLargest,
  "attention-gradient": evaluateAttentionGradient,
  "edge-attention-gradient": evaluateEdgeAttentionGradient,
  fold: evaluateFold,
  "scatter-vectors": evaluateScatterVectors,
  "spread-vectors": evaluateSpreadVectors,
  "activation-gradient": evaluateActivationGradient,
  "cross-entropy": evaluateCrossEntropy,
  "cross-entropy-gradient": evaluateCrossEntropyGradient,
  distillation: evaluateDistillation,
  "distillation-gradient": evaluateDistillationGradient,
  dropout: evaluateDropout,
  "factor-gradient": evaluateFactorGradient,
  "label-weights": evaluateLabelWeights,
  "normalize-gradient": evaluateNormalizeGradient,
  "normalize-parameters-gradient": evaluateNormalizeParametersGradient,
  "softmax-gradient": evaluateSoftmaxGradient,
  "squared-error": evaluateSquaredError,
  "squared-error-gradient": evaluateSquaredErrorGradient,
  accumulate: evaluateAccumulate,
  "step-settings": evaluateStepSettings,
  update: evaluateUpdate,
};

/** Computes an operation by its readable reference: sums are in float64. */
export function evaluate(operation: Operation, context: ReferenceContext): FloatArray {
  const run = REFERENCE[operation.kind] as (of: Operation, context: ReferenceContext) => FloatArray;
  return run(operation, context);
}
