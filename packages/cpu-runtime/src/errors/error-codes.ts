/** The error codes that @papilio/cpu-runtime adds: when each is thrown, and what to do. */
export interface CpuRuntimeErrorCodes {
  /**
   * The 4 GiB of WebAssembly memory cannot hold the vectors or the values. Multiply fewer vectors at a time,
   * or dispose of what is not needed.
   */
  CPU_MEMORY: true;
  /**
   * A thread could not be loaded or failed. Multiply again, which opens other threads, or use `threads: 1`.
   */
  CPU_WORKER_FAILED: true;
  /** A program on the CPU is used after it was disposed of. Dispose of it after its last use. */
  CPU_DISPOSED: true;
  /**
   * An array of `allocate`, or a view of it, is used after it was disposed of. Dispose of it after its last
   * use.
   */
  CPU_ARRAY_DISPOSED: true;
  /** A view reaches beyond its array of `allocate`. Take views with `subarray`. */
  CPU_ARRAY_VIEW: true;
  /** The length of an array that is asked for is not a whole number. Pass a whole number of at least 0. */
  CPU_ARRAY_LENGTH: true;
  /**
   * An operation of a program is given operands that do not fit its kernel. Give a value of the kernel's number of
   * vectors and features for each operand of vectors, and memory of as many bytes for each other one.
   */
  PROGRAM_OPERANDS: true;
}

declare module "@papilio/butterfly" {
  interface ErrorCodes extends CpuRuntimeErrorCodes {}
}
