/*
 * Blocks are small and many: arrays of their own for each would be memory that the engine releases
 * late. Within `withScratch` they are parts of one array, which the next call uses again.
 */

let arena = new Float64Array(0);
let used = 0;
let wanted = 0;
let active = false;

/** Zeros that are valid until the {@link withScratch} around them ends. */
export function floats(length: number): Float64Array {
  if (!active) return new Float64Array(length);
  wanted += length;
  if (used + length > arena.length) return new Float64Array(length);
  used += length;
  return arena.subarray(used - length, used).fill(0);
}

/** Runs something that keeps none of its arrays of {@link floats}. Not to be nested, nor asynchronous. */
export function withScratch<T>(run: () => T): T {
  [used, wanted, active] = [0, 0, true];
  try {
    return run();
  } finally {
    active = false;
    if (wanted > arena.length) arena = new Float64Array(wanted);
  }
}
