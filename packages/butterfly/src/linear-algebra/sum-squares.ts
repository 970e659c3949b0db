import type { FloatArray } from "../numeric/float-array.ts";
import { sumOfSquares } from "../numeric/powers-of-two.ts";
import { kernelsWithRoom } from "./kernels.ts";

/** Numbers that are copied to the memory of kernels at once: a page of it. */
const CHUNK = 8192;
/** Numbers up to which it is worth it: for more the loop here is soon compiled as well. */
const MOST = 2 ** 19;

/** The sum of the squares of some numbers: to the last bit the same with kernels and without. */
export function sumSquares(values: FloatArray): number {
  const found = values.length > MOST ? undefined : kernelsWithRoom(CHUNK);
  if (found === undefined) return sumOfSquares(values);
  const { kernels, memory } = found;
  kernels.startSquares();
  for (let start = 0; start < values.length; start += CHUNK) {
    const chunk = values.subarray(start, start + CHUNK);
    memory.set(chunk);
    kernels.addSquares(0, chunk.length);
  }
  return kernels.squares();
}
