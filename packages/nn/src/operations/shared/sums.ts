import type { FloatArray } from "@papilio/butterfly";

export function sumOf(vector: FloatArray, of: (value: number) => number): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) sum += of(vector[index] as number);
  return sum;
}

/** The largest number; minus infinity of none. */
export function largestOf(vector: FloatArray): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < vector.length; index++)
    most = Math.max(most, vector[index] as number);
  return most;
}
