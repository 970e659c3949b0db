import type { OperationDefinition } from "../graph/operation.ts";
import { type AccumulateOperation, accumulateDefinition } from "./accumulate/operation.ts";
import {
  type ActivationGradientOperation,
  activationGradientDefinition,
} from "./activation-gradient/operation.ts";
import {
  type AggregateHeadsOperation,
  aggregateHeadsDefinition,
} from "./aggregate-heads/operation.ts";
import {
  type AggregateLargestOperation,
  aggregateLargestDefinition,
} from "./aggregate-largest/operation.ts";
import {
  type AttentionGradientOperation,
  attentionGradientDefinition,
} from "./attention-gradient/operation.ts";
import { type CrossEntropyOperation, crossEntropyDefinition } from "./cross-entropy/operation.ts";
import {
  type CrossEntropyGradientOperation,
  crossEntropyGradientDefinition,
} from "./cross-entropy-gradient/operation.ts";
import { type DistillationOperation, distillationDefinition } from "./distillation/operation.ts";
import {
  type DistillationGradientOperation,
  distillationGradientDefinition,
} from "./distillation-gradient/operation.ts";
import { type DropoutOperation, dropoutDefinition } from "./dropout/operation.ts";
import {
  type EdgeAttentionGradientOperation,
  edgeAttentionGradientDefinition,
} from "./edge-attention-gradient/operation.ts";
import {
  type FactorGradientOperation,
  factorGradientDefinition,
} from "./factor-gradient/operation.ts";
import { type FoldOperation, foldDefinition } from "./fold/operation.ts";
import { type LabelWeightsOperation, labelWeightsDefinition } from "./label-weights/operation.ts";
import {
  type NormalizeGradientOperation,
  normalizeGradientDefinition,
} from "./normalize-gradient/operation.ts";
import {
  type NormalizeParametersGradientOperation,
  normalizeParametersGradientDefinition,
} from "./normalize-parameters-gradient/operation.ts";
import {
  type ScatterVectorsOperation,
  scatterVectorsDefinition,
} from "./scatter-vectors/operation.ts";
import {
  type SoftmaxGradientOperation,
  softmaxGradientDefinition,
} from "./softmax-gradient/operation.ts";
import {
  type SpreadVectorsOperation,
  spreadVectorsDefinition,
} from "./spread-vectors/operation.ts";
import { type SquaredErrorOperation, squaredErrorDefinition } from "./squared-error/operation.ts";
import {
  type SquaredErrorGradientOperation,
  squaredErrorGradientDefinition,
} from "./squared-error-gradient/operation.ts";
import { type StepSettingsOperation, stepSettingsDefinition } from "./step-settings/operation.ts";
import { type UpdateOperation, updateDefinition } from "./update/operation.ts";

/** One step of training, as data: a loss, a gradient, an update. */
export type TrainingOperation =
  | AccumulateOperation
  | ActivationGradientOperation
  | AggregateHeadsOperation
  | AggregateLargestOperation
  | AttentionGradientOperation
  | CrossEntropyGradientOperation
  | CrossEntropyOperation
  | DistillationGradientOperation
  | DistillationOperation
  | DropoutOperation
  | EdgeAttentionGradientOperation
  | FoldOperation
  | FactorGradientOperation
  | LabelWeightsOperation
  | NormalizeGradientOperation
  | NormalizeParametersGradientOperation
  | ScatterVectorsOperation
  | SoftmaxGradientOperation
  | SpreadVectorsOperation
  | SquaredErrorGradientOperation
  | SquaredErrorOperation
  | StepSettingsOperation
  | UpdateOperation;

/** What a graph must know of each kind. */
export const TRAINING_DEFINITIONS: {
  readonly [K in TrainingOperation["kind"]]: OperationDefinition<
    Extract<TrainingOperation, { readonly kind: K }>
  >;
} = {
  accumulate: accumulateDefinition,
  "activation-gradient": activationGradientDefinition,
  "aggregate-heads": aggregateHeadsDefinition,
  "aggregate-largest": aggregateLargestDefinition,
  "attention-gradient": attentionGradientDefinition,
  "cross-entropy": crossEntropyDefinition,
  "cross-entropy-gradient": crossEntropyGradientDefinition,
  "distillation-gradient": distillationGradientDefinition,
  distillation: distillationDefinition,
  dropout: dropoutDefinition,
  "edge-attention-gradient": edgeAttentionGradientDefinition,
  fold: foldDefinition,
  "factor-gradient": factorGradientDefinition,
  "label-weights": labelWeightsDefinition,
  "normalize-gradient": normalizeGradientDefinition,
  "normalize-parameters-gradient": normalizeParametersGradientDefinition,
  "scatter-vectors": scatterVectorsDefinition,
  "softmax-gradient": softmaxGradientDefinition,
  "spread-vectors": spreadVectorsDefinition,
  "squared-error": squaredErrorDefinition,
  "squared-error-gradient": squaredErrorGradientDefinition,
  "step-settings": stepSettingsDefinition,
  update: updateDefinition,
};
