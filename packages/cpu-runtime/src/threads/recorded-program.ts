import type { CpuMemory } from "../memory/cpu-memory.ts";

/** An operation whose call lies in the memory. */
export interface RecordedOperation {
  /** A constant of kernel-ids.ts. */
  readonly kernel: number;
  /** At least 1. */
  readonly items: number;
  /** Address of the call's words. */
  readonly call: number;
}

/** Operations in the memory, which threads run one after the other. */
export interface RecordedProgram {
  /** Address of the operations, see {@link writeOperations}. */
  readonly operations: number;
  /** At least 1. */
  readonly count: number;
  /** Threads that take part. */
  readonly threads: number;
  /** Scratch memory that each thread needs. */
  readonly scratchBytes: number;
}

/** Bytes of an operation in the memory. */
export const OPERATION_BYTES = 12;

/** Writes operations field by field, as `Operation` of assembly/run-program.ts declares them. */
export function writeOperations(
  memory: CpuMemory,
  address: number,
  operations: readonly RecordedOperation[],
): void {
  const words = operations.flatMap(({ kernel, items, call }) => [kernel, items, call]);
  memory.int32(address, words.length).set(words);
}
