import type { Layout } from "../kernels/kernel-call.ts";
import type { CpuSpan } from "../memory/cpu-span.ts";

/** Where vectors lie in one layout: in the arena from one operation to another, or at a place of their own. */
export interface Place {
  readonly layout: Layout;
  readonly bytes: number;
  /** Index of the first and of the last operation that uses it. */
  first: number;
  last: number;
  /** Undefined for the arena. */
  readonly span: CpuSpan | undefined;
}

/**
 * Vectors that operations of a program write and read, in the layouts in which they do: the program converts
 * them where two differ.
 */
export class ProgramValue {
  readonly vectors: number;
  readonly features: number;
  /** @internal By layout; empty until an operation has written the value. */
  readonly places: Map<Layout, Place> = new Map();

  /** Made by a `ProgramRecorder`. */
  constructor(vectors: number, features: number) {
    this.vectors = vectors;
    this.features = features;
  }

  /** Layouts in which it is there. */
  get layouts(): readonly Layout[] {
    return [...this.places.keys()];
  }
}
