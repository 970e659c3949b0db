import { lowerAccumulateOnCpu } from "../../operations/accumulate/cpu.ts";
import { lowerActivationOnCpu } from "../../operations/activation/cpu.ts";
import { lowerActivationGradientOnCpu } from "../../operations/activation-gradient/cpu.ts";
import { lowerAddPositionsOnCpu } from "../../operations/add-positions/cpu.ts";
import { lowerAddVectorOnCpu } from "../../operations/add-vector/cpu.ts";
import { lowerAggregateOnCpu } from "../../operations/aggregate/cpu.ts";
import { lowerAggregateHeadsOnCpu } from "../../operations/aggregate-heads/cpu.ts";
import { lowerAggregateLargestOnCpu } from "../../operations/aggregate-largest/cpu.ts";
import { lowerAppendOnCpu } from "../../operations/append/cpu.ts";
import { lowerAttentionOnCpu } from "../../operations/attention/cpu.ts";
import { lowerAttentionGradientOnCpu } from "../../operations/attention-gradient/cpu.ts";
import { lowerCombineOnCpu } from "../../operations/combine/cpu.ts";
import type { CpuLowering } from "../../operations/cpu-lowering.ts";
import { lowerCrossEntropyOnCpu } from "../../operations/cross-entropy/cpu.ts";
import { lowerCrossEntropyGradientOnCpu } from "../../operations/cross-entropy-gradient/cpu.ts";
import { lowerDistillationOnCpu } from "../../operations/distillation/cpu.ts";
import { lowerDistillationGradientOnCpu } from "../../operations/distillation-gradient/cpu.ts";
import { lowerDropoutOnCpu } from "../../operations/dropout/cpu.ts";
import { lowerEdgeAttentionOnCpu } from "../../operations/edge-attention/cpu.ts";
import { lowerEdgeAttentionGradientOnCpu } from "../../operations/edge-attention-gradient/cpu.ts";
import { lowerFactorGradientOnCpu } from "../../operations/factor-gradient/cpu.ts";
import { lowerFoldOnCpu } from "../../operations/fold/cpu.ts";
import { lowerGatherFeaturesOnCpu } from "../../operations/gather-features/cpu.ts";
import { lowerGatherVectorsOnCpu } from "../../operations/gather-vectors/cpu.ts";
import { lowerLabelWeightsOnCpu } from "../../operations/label-weights/cpu.ts";
import { lowerLinearOnCpu } from "../../operations/linear/cpu.ts";
import { lowerNormalizeOnCpu } from "../../operations/normalize/cpu.ts";
import { lowerNormalizeGradientOnCpu } from "../../operations/normalize-gradient/cpu.ts";
import { lowerNormalizeParametersGradientOnCpu } from "../../operations/normalize-parameters-gradient/cpu.ts";
import type { ForEachOperation, Operation } from "../../operations/operation.ts";
import { lowerPoolOnCpu } from "../../operations/pool/cpu.ts";
import { lowerReduceVectorsOnCpu } from "../../operations/reduce-vectors/cpu.ts";
import { lowerRotaryOnCpu } from "../../operations/rotary/cpu.ts";
import { lowerScatterVectorsOnCpu } from "../../operations/scatter-vectors/cpu.ts";
import { lowerSoftmaxOnCpu } from "../../operations/softmax/cpu.ts";
import { lowerSoftmaxGradientOnCpu } from "../../operations/softmax-gradient/cpu.ts";
import { lowerSparseLinearOnCpu } from "../../operations/sparse-linear/cpu.ts";
import { lowerSpreadVectorsOnCpu } from "../../operations/spread-vectors/cpu.ts";
import { lowerSquaredErrorOnCpu } from "../../operations/squared-error/cpu.ts";
import { lowerSquaredErrorGradientOnCpu } from "../../operations/squared-error-gradient/cpu.ts";
import { lowerStepSettingsOnCpu } from "../../operations/step-settings/cpu.ts";
import { lowerUnfoldOnCpu } from "../../operations/unfold/cpu.ts";
import { lowerUpdateOnCpu } from "../../operations/update/cpu.ts";

/** The lowering of each kind of operation. */
const LOWER: ForEachOperation<void, [CpuLowering]> = {
  activation: lowerActivationOnCpu,
  "add-positions": lowerAddPositionsOnCpu,
  "add-vector": lowerAddVectorOnCpu,
  aggregate: lowerAggregateOnCpu,
  append: lowerAppendOnCpu,
  attention: lowerAttentionOnCpu,
  combine: lowerCombineOnCpu,
  "edge-attention": lowerEdgeAttentionOnCpu,
  "gather-features": lowerGatherFeaturesOnCpu,
  "gather-vectors": lowerGatherVectorsOnCpu,
  linear: lowerLinearOnCpu,
  normalize: lowerNormalizeOnCpu,
  pool: lowerPoolOnCpu,
  "reduce-vectors": lowerReduceVectorsOnCpu,
  rotary: lowerRotaryOnCpu,
  softmax: lowerSoftmaxOnCpu,
  "sparse-linear": lowerSparseLinearOnCpu,
  unfold: lowerUnfoldOnCpu,
  "aggregate-heads": lowerAggregateHeadsOnCpu,
  "aggregate-largest": lowerAggregateLargestOnCpu,
  "attention-gradient": lowerAttentionGradientOnCpu,
  "edge-attention-gradient": lowerEdgeAttentionGradientOnCpu,
  fold: lowerFoldOnCpu,
  "scatter-vectors": lowerScatterVectorsOnCpu,
  "spread-vectors": lowerSpreadVectorsOnCpu,
  "activation-gradient": lowerActivationGradientOnCpu,
  "cross-entropy": lowerCrossEntropyOnCpu,
  "cross-entropy-gradient": lowerCrossEntropyGradientOnCpu,
  distillation: lowerDistillationOnCpu,
  "distillation-gradient": lowerDistillationGradientOnCpu,
  dropout: lowerDropoutOnCpu,
  "factor-gradient": lowerFactorGradientOnCpu,
  "label-weights": lowerLabelWeightsOnCpu,
  "normalize-gradient": lowerNormalizeGradientOnCpu,
  "normalize-parameters-gradient": lowerNormalizeParametersGradientOnCpu,
  "softmax-gradient": lowerSoftmaxGradientOnCpu,
  "squared-error": lowerSquaredErrorOnCpu,
  "squared-error-gradient": lowerSquaredErrorGradientOnCpu,
  accumulate: lowerAccumulateOnCpu,
  "step-settings": lowerStepSettingsOnCpu,
  update: lowerUpdateOnCpu,
};

/** Adds the kernels that compute an operation. */
export function lowerOnCpu(operation: Operation, to: CpuLowering): void {
  const lower = LOWER[operation.kind] as (of: Operation, to: CpuLowering) => void;
  lower(operation, to);
}
