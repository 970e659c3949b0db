/**
 * The formats of results: of multiplications and of whole models, and their readers, which trust no file.
 *
 * @module
 */

export { type CaseKey, caseKey, caseName, shortCaseName } from "../cases/case.ts";
export type { BenchErrorCodes } from "../errors/error-codes.ts";
export { mergeResults } from "./merge-results.ts";
export {
  ENGINES,
  type Engine,
  LINEAR_KINDS,
  type LinearKind,
  type LinearSummary,
  MODEL_UNITS,
  MODELS_SCHEMA,
  type ModelResults,
  type ModelVerification,
  type PartKind,
  type ProfilePart,
  type SkippedVariant,
  type VariantResult,
} from "./model-results.ts";
export { isModelResults, parseModelResults } from "./parse-model-results.ts";
export { assembleResults, formatRecord, parseResults } from "./parse-results.ts";
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
} from "./results.ts";
export { runDifferences } from "./run-differences.ts";
