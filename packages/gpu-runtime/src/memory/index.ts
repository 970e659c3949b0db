/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
// First: it defines the symbols of disposal where an engine lacks them.
import "@papilio/butterfly";

export type { GpuRuntimeErrorCodes } from "../errors/error-codes.ts";
export type { Lease, Span } from "./lease.ts";
export { MemoryPool } from "./pool.ts";
export { type Operand, Scratch } from "./scratch.ts";
export type { BufferRecord, MemorySnapshot, MemoryStatistics } from "./statistics.ts";
