export { assertCaseFits, type Case, caseName, expandGrid, type Grid } from "./case.ts";
export type { Implementation, Prepared, Problem } from "./implementation.ts";
export { fromMultiplication } from "./implementations/from-multiplication.ts";
export { FUSED, findImplementation, implementations } from "./implementations/registry.ts";
export {
  DETAIL_HEAD,
  detailRows,
  formatSeconds,
  renderMarkdown,
  summaryLines,
  TABLE_HEAD,
  tableRow,
} from "./markdown.ts";
export { MEASURE_DEFAULTS, type MeasureOptions, measureCase } from "./measure.ts";
export { parseResults } from "./parse-results.ts";
export {
  type BenchResults,
  type CaseResult,
  type Environment,
  type ImplementationResult,
  SCHEMA,
  type Timing,
} from "./results.ts";
export { hasWrongAnswer, type RunOptions, runBenchmark } from "./run.ts";
export { findSuite, suites } from "./suites.ts";
export {
  type CaseSummary,
  type Ranked,
  type RunSummary,
  summarizeCase,
  summarizeRun,
} from "./summarize.ts";
