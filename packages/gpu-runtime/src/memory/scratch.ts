import type { Span } from "./lease.ts";

/**
 * Memory that the steps of one program pass numbers through. It has a size and no place: whoever
 * records the program gives it one, in an arena, next to others that are needed at other times.
 */
export class Scratch {
  /** Bytes. */
  readonly size: number;
  readonly label: string;

  constructor(bytes: number, label: string) {
    this.size = bytes;
    this.label = label;
  }
}

/** What a step works on. */
export type Operand = Span | Scratch;
