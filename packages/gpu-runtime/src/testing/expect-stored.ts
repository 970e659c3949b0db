import type { StorageDtype } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { expect } from "vitest";

/**
 * Each number is within its bound of the float64 one, which holds for what is computed in float32; in half precision
 * what is stored is rounded once more.
 */
export function expectStored(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (index: number) => number,
  dtype: StorageDtype,
): void {
  expect(actual.length).toBe(expected.length);
  const { epsilon, smallestNormal } = FLOAT_FORMATS[dtype];
  const wrong: unknown[] = [];
  for (let index = 0; index < expected.length; index++) {
    const [number, right] = [actual[index] as number, expected[index] as number];
    const computed = bound(index);
    const rounding = dtype === "f16" ? epsilon * (Math.abs(right) + computed) : 0;
    const within = computed + rounding + smallestNormal;
    if (!(Math.abs(number - right) <= within)) wrong.push({ index, number, right, within });
  }
  expect(wrong.slice(0, 3)).toEqual([]);
}
