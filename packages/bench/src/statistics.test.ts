import { uniform } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantile, shuffle, summarizeSamples } from "./statistics.ts";

describe("quantiles", () => {
  it("interpolate between neighbours", () => {
    expect(summarizeSamples([4, 1, 3, 2])).toEqual({ median: 2.5, lower: 1.75, upper: 3.25 });
    expect(summarizeSamples([7])).toEqual({ median: 7, lower: 7, upper: 7 });
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  it("lie within the samples and in order, and leave them as they were", () => {
    const finite = fc.double({ noNaN: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (samples) => {
        const before = [...samples];
        const { lower, median, upper } = summarizeSamples(samples);
        expect(samples).toEqual(before);
        expect(lower).toBeGreaterThanOrEqual(Math.min(...samples));
        expect(median).toBeGreaterThanOrEqual(lower);
        expect(upper).toBeGreaterThanOrEqual(median);
        expect(upper).toBeLessThanOrEqual(Math.max(...samples));
      }),
    );
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
