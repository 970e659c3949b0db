import { uniform } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateMedian, estimateRatio, shuffle } from "./statistics.ts";

describe("intervals", () => {
  const finite = fc.double({ noNaN: true, min: 1e-6, max: 1e9 });
  const samples = fc.array(finite, { minLength: 1, maxLength: 40 });

  it("hold the median, lie within the samples, and leave them as they were", () => {
    fc.assert(
      fc.property(samples, (values) => {
        const before = [...values];
        const { lower, median: middle, upper } = estimateMedian(values);
        expect(values).toEqual(before);
        expect(lower).toBeGreaterThanOrEqual(Math.min(...values));
        expect(middle).toBeGreaterThanOrEqual(lower);
        expect(upper).toBeGreaterThanOrEqual(middle);
        expect(upper).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });

  it("scale with the samples, and are the same whatever their order", () => {
    fc.assert(
      fc.property(samples, fc.constantFrom(0.5, 2, 4), (values, factor) => {
        const { lower, upper } = estimateMedian(values);
        expect(estimateMedian(values.toReversed())).toEqual(estimateMedian(values));
        const scaled = estimateMedian(values.map((value) => value * factor));
        expect(scaled.lower).toBeCloseTo(lower * factor, 5);
        expect(scaled.upper).toBeCloseTo(upper * factor, 5);
      }),
    );
  });

  it("cover the true median about as often as they promise", () => {
    const next = uniform(7);
    const trials = 2000;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { lower, upper } = estimateMedian(Array.from({ length: 21 }, next));
      if (lower <= 0 && upper >= 0) covered++;
    }
    // The percentile bootstrap of a median is known to be a little off at 21 samples.
    expect(covered / trials).toBeGreaterThan(0.92);
    expect(covered / trials).toBeLessThan(0.98);
  });

  it("of a ratio hold it, and grow with the spread of either side", () => {
    const steady = [2, 2, 2, 2, 2];
    const spread = [1, 2, 2, 3, 4];
    expect(estimateRatio(steady, steady)).toEqual({ median: 1, lower: 1, upper: 1 });
    for (const [above, below] of [
      [spread, steady],
      [steady, spread],
    ] as const) {
      const { lower, median: middle, upper } = estimateRatio(above, below);
      expect(middle).toBe(1);
      expect(lower).toBeLessThan(1);
      expect(upper).toBeGreaterThan(1);
    }
  });
});

describe("shuffling", () => {
  it("is a permutation that the seed decides", () => {
    const items = (): number[] => Array.from({ length: 20 }, (_, index) => index);
    const shuffled = shuffle(items(), uniform(3));
    expect(shuffled).toEqual(shuffle(items(), uniform(3)));
    expect(shuffled).not.toEqual(items());
    expect(shuffled.toSorted((p, q) => p - q)).toEqual(items());
  });
});
