import type { OperationDefinition } from "../graph/operation.ts";
import {
  type ActivationGradientOperation,
  activationGradientDefinition,
} from "./activation-gradient/operation.ts";
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
  type SoftmaxGradientOperation,
  softmaxGradientDefinition,
} from "./softmax-gradient/operation.ts";
import { type SquaredErrorOperation, squaredErrorDefinition } from "./squared-error/operation.ts";
import {
  type SquaredErrorGradientOperation,
  squaredErrorGradientDefinition,
} from "./squared-error-gradient/operation.ts";

/** One step of training, as data: a loss, a gradient, an update. */
export type TrainingOperation =
  | ActivationGradientOperation
  | CrossEntropyOperation
  | CrossEntropyGradientOperation
  | DistillationOperation
  | DistillationGradientOperation
  | LabelWeightsOperation
  | NormalizeGradientOperation
  | NormalizeParametersGradientOperation
  | SoftmaxGradientOperation
  | SquaredErrorOperation
  | SquaredErrorGradientOperation;

/** What a graph must know of each kind. */
export const TRAINING_DEFINITIONS: {
  readonly [K in TrainingOperation["kind"]]: OperationDefinition<
    Extract<TrainingOperation, { readonly kind: K }>
  >;
} = {
  "activation-gradient": activationGradientDefinition,
  "cross-entropy": crossEntropyDefinition,
  "cross-entropy-gradient": crossEntropyGradientDefinition,
  distillation: distillationDefinition,
  "distillation-gradient": distillationGradientDefinition,
  "label-weights": labelWeightsDefinition,
  "normalize-gradient": normalizeGradientDefinition,
  "normalize-parameters-gradient": normalizeParametersGradientDefinition,
  "softmax-gradient": softmaxGradientDefinition,
  "squared-error": squaredErrorDefinition,
  "squared-error-gradient": squaredErrorGradientDefinition,
};
