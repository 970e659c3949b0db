import {
  activationGradientCases,
  activationGradientOnVectors,
} from "../operations/activation-gradient/testing/cases.ts";
import {
  aggregateHeadsCases,
  aggregateHeadsOnVectors,
} from "../operations/aggregate-heads/testing/cases.ts";
import {
  aggregateLargestCases,
  aggregateLargestOnVectors,
} from "../operations/aggregate-largest/testing/cases.ts";
import {
  attentionGradientCases,
  attentionGradientOnVectors,
} from "../operations/attention-gradient/testing/cases.ts";
import {
  crossEntropyCases,
  crossEntropyOnVectors,
} from "../operations/cross-entropy/testing/cases.ts";
import {
  crossEntropyGradientCases,
  crossEntropyGradientOnVectors,
} from "../operations/cross-entropy-gradient/testing/cases.ts";
import {
  distillationCases,
  distillationOnVectors,
} from "../operations/distillation/testing/cases.ts";
import {
  distillationGradientCases,
  distillationGradientOnVectors,
} from "../operations/distillation-gradient/testing/cases.ts";
import { dropoutCases, dropoutOnVectors } from "../operations/dropout/testing/cases.ts";
import {
  edgeAttentionGradientCases,
  edgeAttentionGradientOnVectors,
} from "../operations/edge-attention-gradient/testing/cases.ts";
import {
  factorGradientCases,
  factorGradientOnVectors,
} from "../operations/factor-gradient/testing/cases.ts";
import { foldCases, foldOnVectors } from "../operations/fold/testing/cases.ts";
import {
  labelWeightsCases,
  labelWeightsOnVectors,
} from "../operations/label-weights/testing/cases.ts";
import {
  normalizeGradientCases,
  normalizeGradientOnVectors,
} from "../operations/normalize-gradient/testing/cases.ts";
import {
  normalizeParametersGradientCases,
  normalizeParametersGradientOnVectors,
} from "../operations/normalize-parameters-gradient/testing/cases.ts";
import {
  scatterVectorsCases,
  scatterVectorsOnVectors,
} from "../operations/scatter-vectors/testing/cases.ts";
import {
  softmaxGradientCases,
  softmaxGradientOnVectors,
} from "../operations/softmax-gradient/testing/cases.ts";
import {
  spreadVectorsCases,
  spreadVectorsOnVectors,
} from "../operations/spread-vectors/testing/cases.ts";
import {
  squaredErrorCases,
  squaredErrorOnVectors,
} from "../operations/squared-error/testing/cases.ts";
import {
  squaredErrorGradientCases,
  squaredErrorGradientOnVectors,
} from "../operations/squared-error-gradient/testing/cases.ts";
import { stepSettingsCases } from "../operations/step-settings/testing/cases.ts";
import type { TrainingOperation } from "../operations/training-operation.ts";
import type { OperationCases, ValueOperations } from "./operation-case.ts";

/** Kinds whose results are the same, run after run; those that change what is kept have tests of their own. */
type RepeatableKind = Exclude<TrainingOperation["kind"], "accumulate" | "update">;

/** Kinds between others; what a step is given, and its settings, are in float32 whatever the model is in. */
type InnerKind = Exclude<RepeatableKind, "step-settings">;

/** Every kind of operation of training as the last one of a graph. */
export const TRAINING_CASES: Readonly<Record<RepeatableKind, OperationCases>> = {
  "activation-gradient": activationGradientCases,
  "spread-vectors": spreadVectorsCases,
  "scatter-vectors": scatterVectorsCases,
  fold: foldCases,
  "attention-gradient": attentionGradientCases,
  "edge-attention-gradient": edgeAttentionGradientCases,
  "aggregate-largest": aggregateLargestCases,
  "aggregate-heads": aggregateHeadsCases,
  "cross-entropy": crossEntropyCases,
  "cross-entropy-gradient": crossEntropyGradientCases,
  distillation: distillationCases,
  "distillation-gradient": distillationGradientCases,
  dropout: dropoutCases,
  "factor-gradient": factorGradientCases,
  "label-weights": labelWeightsCases,
  "normalize-gradient": normalizeGradientCases,
  "normalize-parameters-gradient": normalizeParametersGradientCases,
  "softmax-gradient": softmaxGradientCases,
  "squared-error": squaredErrorCases,
  "squared-error-gradient": squaredErrorGradientCases,
  "step-settings": stepSettingsCases,
};

/** Every kind of operation of training on vectors, for graphs in which others come before and after it. */
export const TRAINING_ON_VECTORS: Readonly<Record<InnerKind, ValueOperations>> = {
  "activation-gradient": activationGradientOnVectors,
  "spread-vectors": spreadVectorsOnVectors,
  "scatter-vectors": scatterVectorsOnVectors,
  fold: foldOnVectors,
  "attention-gradient": attentionGradientOnVectors,
  "edge-attention-gradient": edgeAttentionGradientOnVectors,
  "aggregate-largest": aggregateLargestOnVectors,
  "aggregate-heads": aggregateHeadsOnVectors,
  "cross-entropy": crossEntropyOnVectors,
  "cross-entropy-gradient": crossEntropyGradientOnVectors,
  distillation: distillationOnVectors,
  "distillation-gradient": distillationGradientOnVectors,
  dropout: dropoutOnVectors,
  "factor-gradient": factorGradientOnVectors,
  "label-weights": labelWeightsOnVectors,
  "normalize-gradient": normalizeGradientOnVectors,
  "normalize-parameters-gradient": normalizeParametersGradientOnVectors,
  "softmax-gradient": softmaxGradientOnVectors,
  "squared-error": squaredErrorOnVectors,
  "squared-error-gradient": squaredErrorGradientOnVectors,
};
