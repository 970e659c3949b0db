import { describe, expect, it } from "vitest";
import { draw, uniform } from "./random.ts";

describe("uniform", () => {
  it("is the same sequence for the same seed, on every platform", () => {
    const next = uniform(42);
    // The first outputs of MT19937 seeded with 42, two for each number: 1608637542, 3421126067, ...
    const low26 = (word: number): number => word % 2 ** 26;
    const low27 = (word: number): number => word % 2 ** 27;
    const first = (low26(1608637542) * 2 ** 27 + low27(3421126067)) / 2 ** 53;
    const second = (low26(4083286876) * 2 ** 27 + low27(787846414)) / 2 ** 53;
    expect([next(), next()]).toEqual([2 * first - 1, 2 * second - 1]);
  });

  it("differs between neighbouring seeds from the first number on", () => {
    const firsts = Array.from({ length: 1000 }, (_, seed) => uniform(seed)());
    expect(new Set(firsts).size).toBe(1000);
    const mean = firsts.reduce((sum, value) => sum + value) / 1000;
    // Six standard deviations of the mean of 1000 numbers of variance 1/3.
    expect(Math.abs(mean)).toBeLessThan(6 * Math.sqrt(1 / 3 / 1000));
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])("refuses the seed %d", (seed) => {
    expect(() => uniform(seed)).toThrow(
      expect.objectContaining({
        code: "SEED_INVALID",
        message: expect.stringContaining(`${seed}`),
      }),
    );
  });
});

describe("draw", () => {
  it("has the mean and the variance of the uniform distribution", () => {
    const count = 100_000;
    const values = draw(uniform(7), count, 3, "float64");
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    expect(Math.max(...values.subarray(0, 10_000).map(Math.abs))).toBeLessThanOrEqual(3);
    // Six standard deviations of either estimate: variance 3, and fourth central moment 81/5.
    expect(Math.abs(mean)).toBeLessThan(6 * Math.sqrt(3 / count));
    expect(Math.abs(variance - 3)).toBeLessThan(6 * Math.sqrt((81 / 5 - 9) / count));
  });

  it("rounds the float64 numbers to float32", () => {
    const doubles = draw(uniform(1), 100, 0.3, "float64");
    expect(draw(uniform(1), 100, 0.3, "float32")).toEqual(Float32Array.from(doubles));
  });

  it("refuses an absurd length before allocating", () => {
    expect(() => draw(uniform(1), 2 ** 50, 1, "float32")).toThrow(
      expect.objectContaining({
        code: "ARRAY_TOO_LARGE",
        message: expect.stringContaining(`${2 ** 50}`),
      }),
    );
  });
});
