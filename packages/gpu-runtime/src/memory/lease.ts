/** A part of a device buffer, as a binding takes it. */
export interface Span {
  readonly buffer: GPUBuffer;
  /** Bytes from the buffer's start. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** False once the memory went back to the pool, where others may have it by now. */
  readonly live: boolean;
}

/** Device memory on loan from a pool, until it is released. */
export interface Lease extends Span, Disposable {
  readonly label: string;
  /** Gives the memory back for reuse. Work already submitted still has it. Safe to call twice. */
  release(): void;
  /** Destroys the memory instead: for buffers that are in an unknown state. */
  discard(): void;
}
