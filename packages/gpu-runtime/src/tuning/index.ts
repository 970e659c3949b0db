/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { GpuRuntimeErrorCodes } from "../errors/error-codes.ts";
export type { Candidate, PreparedCandidate, Trial } from "./autotune.ts";
export type { TuningKey } from "./key.ts";
export { type TuneTask, type TuningHarness, tune } from "./tune.ts";
export { tuneAttention } from "./tune-attention.ts";
export { tuneKroneckerSparse } from "./tune-kronecker-sparse.ts";
export { tuneStages } from "./tune-stages.ts";
export { VERSION } from "./version.ts";
