/** What a pool holds and has done, in bytes and counts. */
export interface MemoryStatistics {
  /** Bytes asked for by those that hold memory now. */
  readonly inUse: number;
  /** Bytes of all buffers, those that wait for reuse included: `inUse + padding + free`. */
  readonly reserved: number;
  /** Bytes of buffers in use beyond what was asked for. */
  readonly padding: number;
  /** Bytes of buffers that wait for reuse. */
  readonly free: number;
  /** Largest `inUse` since the pool was made, or since `resetPeak`. */
  readonly peak: number;
  /** Largest `reserved` since then. */
  readonly peakReserved: number;
  /** Buffers that were created. */
  readonly allocations: number;
  /** Requests that were met by a buffer that was there. */
  readonly reuses: number;
  /** Share of the requests that were met so; 0 before the first. */
  readonly hitRate: number;
  /** Most bytes that may be reserved; `Infinity` without a budget. */
  readonly budget: number;
}

/** One buffer of a pool. */
export interface BufferRecord {
  /** What it is used for; null while it waits for reuse. */
  readonly label: string | null;
  /** Bytes asked for; 0 while it waits. */
  readonly inUse: number;
  /** Bytes of the buffer. */
  readonly reserved: number;
}

/** Every buffer of a pool. The columns sum up to the statistics of the same moment. */
export interface MemorySnapshot {
  readonly statistics: MemoryStatistics;
  readonly buffers: readonly BufferRecord[];
  /** Bytes in use and number of buffers for each label. */
  readonly byLabel: Readonly<Record<string, { readonly inUse: number; readonly count: number }>>;
}
