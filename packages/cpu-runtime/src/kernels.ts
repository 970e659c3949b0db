/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Kernels in WebAssembly, and programs of them: for packages that compute whole models.
 *
 * @module
 */

// First: it defines symbols that the classes name methods by, where an engine lacks them.
import "@papilio/butterfly";

export type { CpuEngine } from "./engine/engine.ts";
export { type CpuReport, type OpenCpu, openCpu, type ThreadPolicy } from "./engine/open-cpu.ts";
export type { CpuRuntimeErrorCodes } from "./errors/error-codes.ts";
export { type AppendProblem, append } from "./kernels/append.ts";
export {
  type AttentionProblem,
  attention,
  dividedAttention,
  mayBeDivided,
} from "./kernels/attention.ts";
export { type ConvertProblem, rowsFromTiles, tilesFromRows } from "./kernels/convert.ts";
export { type ElementwiseProblem, elementwise } from "./kernels/elementwise.ts";
export type {
  Access,
  KernelCall,
  Layout,
  Operand,
  PlainOperand,
  VectorsOperand,
} from "./kernels/kernel-call.ts";
export { vectorsBytes } from "./kernels/layout.ts";
export { type RotaryProblem, rotary } from "./kernels/rotary.ts";
export { type SoftmaxProblem, softmax } from "./kernels/softmax.ts";
export type { CpuSpan } from "./memory/cpu-span.ts";
export {
  CpuProgram,
  type CpuProgramReport,
  type OpenEngine,
  type ProgramOperation,
  type RunCpuProgramOptions,
} from "./program/cpu-program.ts";
export type { ProgramValue } from "./program/program-value.ts";
export { ProgramRecorder } from "./program/recorder.ts";
