/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export {
  assertCaseFits,
  type Case,
  caseKey,
  caseName,
  expandGrid,
  type Grid,
  shortCaseName,
} from "./case.ts";
export { type Clock, commonClock, runClock } from "./clock.ts";
export { clockSteps } from "./clock-steps.ts";
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
} from "./compare/compare.ts";
export { compareModels } from "./compare/compare-models.ts";
export type { BenchErrorCodes } from "./errors/error-codes.ts";
export { percent, quantity, times } from "./format.ts";
export type { Implementation, Prepared, Problem, Traffic } from "./implementation.ts";
export { chainImplementations } from "./implementations/chains.ts";
export { fromMultiplication } from "./implementations/from-multiplication.ts";
export {
  cpuImplementations,
  FUSED,
  findImplementation,
  implementations,
  isOurs,
  ownerOf,
} from "./implementations/registry.ts";
export { MEASURE_DEFAULTS, type MeasureOptions, measureCase } from "./measure.ts";
export { mergeResults } from "./merge-results.ts";
export { kindShares } from "./models/breakdown.ts";
export { type MeasureModelOptions, measureModel } from "./models/measure-models.ts";
export {
  isModelResults,
  type LinearSummary,
  MODELS_SCHEMA,
  type ModelResults,
  type ModelVerification,
  type PartKind,
  type ProfilePart,
  parseModelResults,
  type VariantResult,
} from "./models/model-results.ts";
export { MODEL_HEAD, modelLines, modelRows } from "./models/model-table.ts";
export {
  type BuiltModel,
  findModelSubject,
  LINEAR_KINDS,
  type LinearKind,
  type ModelSubject,
  modelSubjects,
} from "./models/subjects.ts";
export { assembleResults, formatRecord, parseResults } from "./parse-results.ts";
export {
  type BenchResults,
  type CaseKey,
  type CaseResult,
  type Energy,
  type EnergySource,
  type Environment,
  type ImplementationRecord,
  type ImplementationResult,
  type Load,
  type MeasureRecord,
  type Rates,
  type ResultRecord,
  type RunRecord,
  SCHEMA,
  type SkippedCase,
  type Timing,
} from "./results.ts";
export {
  type CaseOutcome,
  hasWrongAnswer,
  type Progress,
  type RunOptions,
  runBenchmark,
} from "./run.ts";
export { runDifferences } from "./run-differences.ts";
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
export { type Estimate, estimateMedian, estimateRatio } from "./statistics.ts";
export { findSuite, suites } from "./suites.ts";
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
} from "./summarize.ts";
export {
  DETAIL_HEAD,
  detailRows,
  summaryLines,
  TABLE_HEAD,
  tableRow,
} from "./table.ts";
export { findVerdict, type RunVerdict, verdictOf } from "./verdict.ts";
