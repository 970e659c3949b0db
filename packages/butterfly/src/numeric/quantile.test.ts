import { expect, it } from "vitest";
import { median, quantile } from "./quantile.ts";

it("quantiles interpolate between neighbours", () => {
  // numpy.quantile([1, 2, 3, 4], [0, 0.25, 0.5, 0.75, 1]), and of [2, 3, 5, 7, 11] at 0.1 and 0.9
  expect([0, 0.25, 0.5, 0.75, 1].map((q) => quantile([1, 2, 3, 4], q))).toEqual([
    1, 1.75, 2.5, 3.25, 4,
  ]);
  expect(quantile([2, 3, 5, 7, 11], 0.1)).toBeCloseTo(2.4, 12);
  expect(quantile([2, 3, 5, 7, 11], 0.9)).toBeCloseTo(9.4, 12);
  expect(median([10, 4, 1, 3, 2])).toBe(3);
  expect(() => quantile([], 0.5)).toThrow(RangeError);
});
