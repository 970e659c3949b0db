/**
 * The training of models: losses, and the gradients of them as operations of the same graph.
 *
 * @module
 */

export type { NnErrorCodes } from "../errors/error-codes.ts";
export { dropout } from "../operations/dropout/operation.ts";
export { type Augmentation, augmentImages } from "./augment.ts";
export {
  type BatchOrder,
  randomWindows,
  type ShuffledOptions,
  type Split,
  shuffledBatches,
  splitExamples,
  type WindowsOptions,
} from "./batches.ts";
export { type CharacterTokens, characterTokenizer, characterTokens } from "./characters.ts";
export {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  readCheckpointSettings,
} from "./checkpoint.ts";
export {
  type DistilledStates,
  type DistilledTaskOptions,
  distilledTask,
} from "./distilled-task.ts";
export type { Evaluation } from "./evaluation.ts";
export { factorDecays } from "./factor-decays.ts";
export { factorRates } from "./factor-rates.ts";
export { type GradientOptions, gradient } from "./gradient.ts";
export { type IdxFile, readIdx } from "./idx.ts";
export { type Examples, type ImitationTaskOptions, imitationTask } from "./imitation-task.ts";
export { type InitializeOptions, initialize } from "./initialize.ts";
export { type LabelledImages, pickImages } from "./labelled-images.ts";
export type { LossScaleState } from "./loss-scale.ts";
export {
  type CrossEntropyOptions,
  crossEntropy,
  type DistillationOptions,
  distillationLoss,
  type LossOptions,
  meanSquaredError,
} from "./losses.ts";
export type { AdamOptions, OptimizerOptions, SgdOptions } from "./optimizer.ts";
export { type Schedule, type WarmupCosineOptions, warmupCosine } from "./schedule.ts";
export {
  type CategoryColumn,
  encodedFeatures,
  encodeTable,
  encodeTargets,
  type FitTableOptions,
  fitTable,
  type NumberColumn,
  type Table,
  type TableEncoding,
  tableEncodingOf,
} from "./table.ts";
export {
  type TableTask,
  type TableTaskOptions,
  type TargetedRows,
  tableTask,
} from "./table-task.ts";
export {
  type DisposableTask,
  type ImageTaskOptions,
  imageTask,
  type NodeTaskOptions,
  nodeTask,
  type TextTaskOptions,
  textTask,
} from "./tasks.ts";
export { type TrainingTask, type TrainOptions, type TrainResult, train } from "./train.ts";
export {
  type RoundedNumbers,
  type TrainRoundedOptions,
  type TrainRoundedResult,
  trainRounded,
} from "./train-rounded.ts";
export { type StepReport, Trainer } from "./trainer.ts";
export type { TrainerOptions } from "./trainer-options.ts";
export type { TrainerState } from "./trainer-state.ts";
