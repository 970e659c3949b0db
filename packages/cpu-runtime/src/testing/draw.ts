import { uniform } from "@papilio/butterfly/numeric";

/** Numbers of vectors of all widths of tiles, and of several tiles. */
export const VECTOR_COUNTS = [1, 2, 4, 7, 12, 13, 16, 35] as const;

/** Numbers in [-1, 1). */
export function draw(length: number, seed: number): Float32Array<ArrayBuffer> {
  const next = uniform(seed);
  return Float32Array.from({ length }, () => next());
}

/** Whole numbers below `end`. */
export function drawIndices(length: number, end: number, seed: number): Uint32Array<ArrayBuffer> {
  const next = uniform(seed);
  return Uint32Array.from({ length }, () => Math.floor(((next() + 1) / 2) * end));
}
