/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines symbols that the classes name methods by, where an engine lacks them.
import "@papilio/butterfly";

export { cpuMemoryStatistics, disposeCpuThreads } from "./engine/engine.ts";
export type { CpuReport } from "./engine/open-cpu.ts";
export type { CpuRuntimeErrorCodes } from "./errors/error-codes.ts";
export type { CpuArray } from "./memory/cpu-array.ts";
export type { CpuMemoryStatistics } from "./memory/cpu-memory.ts";
export {
  type CpuCompileOptions,
  type CpuOptions,
  type CpuPlace,
  cpu,
} from "./multiplication/cpu.ts";
export type { CpuMatrix, CpuMatrixPlan, CpuNumbers } from "./multiplication/cpu-matrix.ts";
export type { CpuDtype } from "./multiplication/pack-program.ts";
export type { CpuVectors } from "./multiplication/packed-chain.ts";
export type { CpuPlan, PassPlan } from "./planning/plan.ts";
export { type PredictCpuOptions, predictCpuSeconds } from "./planning/predict.ts";
export { factorizationKernels } from "./wasm/factorization-kernels.ts";
