import { growKernelMemory, kernelMemory } from "./kernels.ts";

/*
 * Blocks are small and many: arrays of their own for each would be memory that the engine releases
 * late. Within `withScratch` they are parts of one array, which the next call uses again: memory of the
 * kernels where these run.
 */

let own: Float64Array = new Float64Array(0);
let arena: Float64Array = own;
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
  arena = kernelMemory() ?? own;
  used = 0;
  wanted = 0;
  active = true;
  try {
    return run();
  } finally {
    active = false;
    if (wanted > arena.length) {
      if (arena === own) own = new Float64Array(wanted);
      else growKernelMemory(wanted);
    }
  }
}
