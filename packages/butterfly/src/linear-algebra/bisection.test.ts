import { expect, it } from "vitest";
import { largestEigenvalues } from "./bisection.ts";

it.each([1, 2, 3, 16, 65])("finds those of %d second differences, which are known", (n) => {
  const diagonal = new Float64Array(n).fill(2);
  const values = largestEigenvalues(diagonal, new Float64Array(n - 1).fill(1), n);
  for (const [p, value] of values.entries()) {
    expect(value).toBeCloseTo(2 + 2 * Math.cos((Math.PI * (p + 1)) / (n + 1)), 13);
  }
});

it("finds equal ones, those of a matrix that falls apart, and zeros", () => {
  const apart = largestEigenvalues(Float64Array.of(1, 1, 4, 4), Float64Array.of(1, 0, 1), 4);
  for (const [p, value] of [5, 3, 2, 0].entries()) expect(apart[p]).toBeCloseTo(value, 13);
  const equal = largestEigenvalues(new Float64Array(5).fill(7), new Float64Array(4), 3);
  expect([...equal]).toEqual([7, 7, 7]);
  const zeros = largestEigenvalues(new Float64Array(3), new Float64Array(2), 2);
  expect([...zeros]).toEqual([0, 0]);
});
