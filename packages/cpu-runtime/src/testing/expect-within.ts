import { expect } from "vitest";

/** Half the distance from 1 to the next float32: what rounding puts a number off by, relatively. */
export const UNIT: number = 2 ** -24;

/** The smallest normal float32: what is smaller may be rounded to it, or to 0. */
export const SMALLEST: number = 2 ** -126;

/**
 * Each number is within its bound of the float64 one; where that is NaN or infinite, it is the same.
 *
 * @param bound of the element with this index
 */
export function expectWithin(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  bound: (index: number) => number,
): void {
  expect(actual?.length).toBe(expected.length);
  const wrong: unknown[] = [];
  for (let index = 0; index < expected.length; index++) {
    const [number, right] = [actual?.[index] as number, expected[index] as number];
    // Beyond the largest float32 by less than half a unit of it is that number.
    const rounded = Math.fround(right);
    if (!Number.isFinite(rounded)) {
      if (!Object.is(number, rounded)) wrong.push({ index, number, right });
    } else if (!(Math.abs(number - right) <= bound(index))) {
      wrong.push({ index, number, right, bound: bound(index) });
    }
  }
  expect(wrong.slice(0, 3)).toEqual([]);
}

/** Each number is the same; zeros of either sign are. */
export function expectSame(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
): void {
  expectWithin(actual, expected, () => 0);
}
