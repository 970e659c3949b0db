/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export { type Clock, commonClock, runClock } from "./analysis/clock.ts";
export {
  COMPARE_THRESHOLD,
  type Compared,
  type CompareOptions,
  type Comparison,
  compareRuns,
  hasRegression,
  type ModelKey,
  type Unmatched,
  type Verdict,
} from "./analysis/compare.ts";
export { compareModels } from "./analysis/compare-models.ts";
export { percent, quantity, times } from "./analysis/format.ts";
export { type Estimate, estimateMedian, estimateRatio } from "./analysis/statistics.ts";
export {
  BUSY_MACHINE,
  type CaseSummary,
  type Filter,
  type GroupSummary,
  isWide,
  outcomeOf,
  type Ranked,
  type RunSummary,
  summarizeCase,
  summarizeRun,
  WIDE_INTERVAL,
} from "./analysis/summarize.ts";
export {
  DETAIL_HEAD,
  detailRows,
  summaryLines,
  TABLE_HEAD,
  tableRow,
} from "./analysis/table.ts";
export { findVerdict, type RunVerdict, verdictOf } from "./analysis/verdict.ts";
export {
  assertCaseFits,
  type Case,
  type CaseKey,
  caseKey,
  caseName,
  expandGrid,
  type Grid,
  shortCaseName,
} from "./cases/case.ts";
export { findSuite, suites } from "./cases/suites.ts";
export type { BenchErrorCodes } from "./errors/error-codes.ts";
export { chainImplementations } from "./implementations/chains.ts";
export { fromMultiplication } from "./implementations/from-multiplication.ts";
export type {
  CpuImplementation,
  DeviceImplementation,
  DeviceProblem,
  Implementation,
  Prepared,
  PreparedOnHost,
  Problem,
  Traffic,
} from "./implementations/implementation.ts";
export {
  cpuImplementations,
  FUSED,
  findImplementation,
  implementations,
  isOurs,
  ownerOf,
} from "./implementations/registry.ts";
export { clockSteps } from "./measure/clock-steps.ts";
export { MEASURE_DEFAULTS, type MeasureOptions, measureCase } from "./measure/measure.ts";
export {
  type CaseOutcome,
  hasWrongAnswer,
  type Progress,
  type RunOptions,
  runBenchmark,
} from "./measure/run.ts";
export { kindShares } from "./models/breakdown.ts";
export { type MeasureModelOptions, measureModel } from "./models/measure-models.ts";
export { MODEL_HEAD, modelLines, modelRows } from "./models/model-table.ts";
export {
  type BuiltModel,
  findModelSubject,
  type ModelSubject,
  modelSubjects,
} from "./models/subjects.ts";
export { mergeResults } from "./results/merge-results.ts";
export {
  isModelResults,
  LINEAR_KINDS,
  type LinearKind,
  type LinearSummary,
  MODELS_SCHEMA,
  type ModelResults,
  type ModelVerification,
  type PartKind,
  type ProfilePart,
  parseModelResults,
  type VariantResult,
} from "./results/model-results.ts";
export { assembleResults, formatRecord, parseResults } from "./results/parse-results.ts";
export {
  type BenchResults,
  type CaseResult,
  type Energy,
  type EnergySource,
  type Environment,
  type ImplementationRecord,
  type ImplementationResult,
  type Load,
  type MeasureRecord,
  machineName,
  type Rates,
  type ResultRecord,
  type RunRecord,
  SCHEMA,
  type SkippedCase,
  type Timing,
} from "./results/results.ts";
export { runDifferences } from "./results/run-differences.ts";
export { type Layer, modelLayers, parseLayers } from "./select/layers.ts";
export { predictSeconds } from "./select/predict.ts";
export type {
  Basis,
  Candidate,
  Measured,
  Quantity,
  Question,
  SelectContext,
  Selection,
} from "./select/question.ts";
export { createSelector, select } from "./select/select.ts";
