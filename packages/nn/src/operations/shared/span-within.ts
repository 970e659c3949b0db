import type { Span } from "@papilio/gpu-runtime/memory";

/** A part of device memory, from a byte of it on, that lives as long as the whole. */
export function spanWithin(whole: Span, start: number, size: number): Span {
  return {
    buffer: whole.buffer,
    offset: whole.offset + start,
    size,
    get live() {
      return whole.live;
    },
  };
}
