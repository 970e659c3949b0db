/**
 * What results say: medians with intervals, rankings, verdicts, comparisons of two runs.
 *
 * @module
 */

export type { BenchErrorCodes } from "../errors/error-codes.ts";
export { FUSED, isOurs, ownerOf } from "../implementations/registry.ts";
export { type Clock, commonClock, runClock } from "./clock.ts";
export { compareRuns } from "./compare.ts";
export { compareModels } from "./compare-models.ts";
export {
  COMPARE_THRESHOLD,
  type Compared,
  type CompareOptions,
  type Comparison,
  hasRegression,
  type ModelKey,
  type Unmatched,
  type Verdict,
} from "./comparison.ts";
export { outOf, percent, quantity, times } from "./format.ts";
export { type Estimate, estimateMedian, estimateRatio } from "./statistics.ts";
export {
  BUSY_MACHINE,
  type CaseSummary,
  type Filter,
  type GroupSummary,
  hasWrongAnswer,
  isWide,
  outcomeOf,
  type Ranked,
  type RunSummary,
  summarizeCase,
  summarizeRun,
  WIDE_INTERVAL,
} from "./summarize.ts";
export { findVerdict, type RunVerdict, verdictOf } from "./verdict.ts";
