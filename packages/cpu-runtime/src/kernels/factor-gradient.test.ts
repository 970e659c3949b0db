import { Pattern } from "@papilio/butterfly";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draw, VECTOR_COUNTS } from "../testing/draw.ts";
import { expectWithin, SMALLEST, UNIT } from "../testing/expect-within.ts";
import { BOTH_SIMDS, runKernel } from "../testing/run-kernel.ts";
import { factorGradient, factorGradientParts } from "./factor-gradient.ts";

function check(vectors: number, [a, b, c, d]: readonly [number, number, number, number]): void {
  const pattern = new Pattern(a, b, c, d);
  const problem = { vectors, pattern };
  const [x, dy] = [draw(vectors * a * c * d, 1), draw(vectors * a * b * d, 2)];
  const size = a * b * c * d;
  const [expected, sizes] = [new Float64Array(size), new Float64Array(size)];
  for (let v = 0; v < vectors; v++) {
    for (let index = 0; index < size; index++) {
      const [k, l] = [index % d, Math.floor(index / d) % c];
      const [j, i] = [Math.floor(index / d / c) % b, Math.floor(index / d / c / b)];
      const product =
        (dy[(v * a + i) * b * d + j * d + k] as number) *
        (x[(v * a + i) * c * d + l * d + k] as number);
      expected[index] = (expected[index] as number) + product;
      sizes[index] = (sizes[index] as number) + Math.abs(product);
    }
  }
  for (const simd of BOTH_SIMDS) {
    const call = factorGradient(problem);
    const { parts = [] } = runKernel(call, { x, dy }, { simd, order: "backwards" });
    expect(parts.length).toBe(factorGradientParts(problem) * size);
    const sums = new Float64Array(size);
    Array.from(parts).forEach((part, index) => {
      sums[index % size] = (sums[index % size] as number) + part;
    });
    // A product and a sum for each fourth vector of a run of 256, the runs, and the four lanes.
    const terms = Math.min(vectors / 4, 64) + vectors / 256 + 6;
    expectWithin(sums, expected, (index) => terms * UNIT * (sizes[index] as number) + SMALLEST);
  }
}

describe("the gradient of a factor", () => {
  it.each(VECTOR_COUNTS)("over %d vectors", (vectors) => {
    for (const pattern of [
      [1, 1, 1, 1],
      [2, 2, 2, 3],
      [1, 7, 5, 2],
      [3, 6, 4, 1],
      [1, 13, 50, 1],
      [2, 50, 3, 1],
    ] as const) {
      check(vectors, pattern);
    }
  });

  it("over parts of a batch, and over more vectors than are packed together", () => {
    expect(factorGradientParts({ vectors: 1100, pattern: new Pattern(1, 9, 8, 1) })).toBe(4);
    check(1100, [1, 9, 8, 1]);
    check(303, [1, 100, 97, 1]);
    check(530, [2, 3, 4, 2]);
  });

  it("of many small blocks, several of which are an item", () => {
    check(20, [8, 2, 2, 600]);
    check(20, [600, 2, 3, 1]);
  });

  it("of random patterns", () => {
    const size = fc.integer({ min: 1, max: 9 });
    const property = fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.tuple(size, size, size, size),
      (vectors, pattern) => check(vectors, pattern),
    );
    void fc.assert(property, { numRuns: 20, seed: 19 });
  });

  it("is NaN where a number is, and nowhere else", () => {
    const pattern = new Pattern(1, 3, 2, 2);
    const [x, dy] = [draw(20 * 4, 1), draw(20 * 6, 2)];
    // Feature (l, k) = (1, 0) of a vector.
    x[4 * 17 + 2] = Number.NaN;
    const { parts = [] } = runKernel(factorGradient({ vectors: 20, pattern }), { x, dy });
    const wrong = [...Array(12).keys()].filter((at) => at % 4 === 2);
    expect([...Array(12).keys()].filter((at) => Number.isNaN(parts[at]))).toEqual(wrong);
  });

  it("refuses what is no problem", () => {
    const refused = expect.objectContaining({ code: "OPTION_INVALID" });
    const pattern = new Pattern(1, 2, 3, 1);
    expect(() => factorGradient({ vectors: 0, pattern })).toThrow(refused);
    expect(() => factorGradientParts({ vectors: 1.5, pattern })).toThrow(refused);
    expect(() => factorGradient({ vectors: 1, pattern: "1,2,3,1" as never })).toThrow(refused);
  });
});
