/**
 * Whole models with dense and with butterfly layers: measured, and described in tables.
 *
 * @module
 */

export type { BenchErrorCodes } from "../errors/error-codes.ts";
export { measureCpuRates } from "../measure/cpu-rates.ts";
export type { CpuRates } from "../results/model-results.ts";
export { kindShares } from "./breakdown.ts";
export type { MeasuredVariants } from "./candidates.ts";
export type { ModelEngine, ModelForm, ModelTask, PreparedModel } from "./engine.ts";
export { type MeasureModelOptions, measureModel } from "./measure-models.ts";
export {
  type MeasureTrainingOptions,
  measureTraining,
  requireTraining,
} from "./measure-training.ts";
export { MODEL_HEAD, modelLines, modelRows } from "./model-table.ts";
export { papilioOnAdapter, papilioOnCpu } from "./papilio-engines.ts";
export type { BuiltModel, ModelSubject, TrainingSubject } from "./subject.ts";
export { findModelSubject, modelSubjects } from "./subjects.ts";
export {
  type PreparedTraining,
  type TrainedModel,
  type TrainingEngine,
  trainingOnAdapter,
  trainingOnCpu,
} from "./training-engines.ts";
