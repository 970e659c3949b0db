import { requireText, requireWhole } from "@papilio/butterfly/errors";
import type { Span } from "./lease.ts";

/**
 * Memory that the steps of one program pass numbers through. It has a size and no place: whoever
 * records the program gives it one, in an arena, next to others that are needed at other times.
 */
export class Scratch {
  /** Bytes. */
  readonly size: number;
  readonly label: string;

  /** @throws PapilioError `OPTION_INVALID` */
  constructor(bytes: number, label: string) {
    requireWhole("The number of bytes", bytes, 0);
    requireText("The label", label);
    this.size = bytes;
    this.label = label;
  }
}

/** A part of scratch memory, which gets its place with the whole. */
export class ScratchPart {
  readonly whole: Scratch;
  /** Bytes from the start of the whole. */
  readonly offset: number;
  readonly size: number;

  constructor(whole: Scratch, offset: number, bytes: number) {
    this.whole = whole;
    this.offset = offset;
    this.size = bytes;
  }
}

/** What a step works on. */
export type Operand = Span | Scratch | ScratchPart;

/** `size` bytes of an operand, from `offset` on. */
export function partOf(operand: Operand, offset: number, size: number): Operand {
  if (offset === 0 && size === operand.size) return operand;
  if (operand instanceof Scratch) return new ScratchPart(operand, offset, size);
  if (operand instanceof ScratchPart) {
    return new ScratchPart(operand.whole, operand.offset + offset, size);
  }
  return spanPart(operand, offset, size);
}

/** Whether two operands are the same bytes. */
export function sameMemory(p: Operand, q: Operand): boolean {
  if (p === q) return true;
  if (p.size !== q.size || p instanceof Scratch || q instanceof Scratch) return false;
  if (p instanceof ScratchPart || q instanceof ScratchPart) {
    const parts = p instanceof ScratchPart && q instanceof ScratchPart;
    return parts && p.whole === q.whole && p.offset === q.offset;
  }
  return p.buffer === q.buffer && p.offset === q.offset;
}

/** `size` bytes of memory that has its place, from `offset` on. */
export function spanPart(span: Span, offset: number, size: number): Span {
  return {
    buffer: span.buffer,
    offset: span.offset + offset,
    size,
    get live() {
      return span.live;
    },
  };
}
