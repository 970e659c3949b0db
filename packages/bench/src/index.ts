/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export {
  assertCaseFits,
  type Case,
  expandGrid,
  type Grid,
  OPERATIONS,
  type Operation,
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
  RoundedOperands,
  Traffic,
} from "./implementations/implementation.ts";
export {
  adapterImplementations,
  cpuImplementations,
  fewBitsImplementations,
  findImplementation,
  gradientImplementations,
  implementations,
} from "./implementations/registry.ts";
export { clockSteps } from "./measure/clock-steps.ts";
export { measureCase } from "./measure/measure.ts";
export { MEASURE_DEFAULTS, type MeasureOptions } from "./measure/measure-options.ts";
export {
  type CaseOutcome,
  type Progress,
  type RunOptions,
  runBenchmark,
} from "./measure/run.ts";
