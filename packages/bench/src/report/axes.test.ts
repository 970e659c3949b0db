import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GAPS, logAxis, valueAxis } from "./axes.ts";

const values = fc.array(
  fc.double({ min: -15, max: 15, noNaN: true }).map((power) => 10 ** power),
  { minLength: 1, maxLength: 20 },
);
const gaps = fc.constantFrom(...Object.values(GAPS));

describe("logAxis", () => {
  it("holds every value, and has two labels or more that do not touch", () => {
    fc.assert(
      fc.property(values, gaps, (data, gap) => {
        const {
          domain: [low, high],
          ticks,
        } = logAxis(data, gap);
        expect(Math.min(...data)).toBeGreaterThanOrEqual(low);
        expect(Math.max(...data)).toBeLessThanOrEqual(high);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        for (const [index, tick] of ticks.entries()) {
          expect(tick).toBeGreaterThanOrEqual(low);
          expect(tick).toBeLessThanOrEqual(high);
          const before = ticks[index - 1];
          if (before === undefined) continue;
          expect(Math.log(tick / before) / Math.log(high / low)).toBeGreaterThan(gap * 0.999);
        }
      }),
    );
  });

  it("labels round numbers", () => {
    expect(logAxis([0.5, 8], GAPS.vertical).ticks).toEqual([0.5, 0.7, 1, 1.5, 2, 3, 5, 7]);
    expect(logAxis([1, 1e6], GAPS.horizontal).ticks).toEqual([1, 10, 100, 1e3, 1e4, 1e5, 1e6]);
    expect(logAxis([1, 1e12], GAPS.wide).ticks).toEqual([1, 1e3, 1e6, 1e9, 1e12]);
  });

  it("has an axis for no values", () => {
    expect(logAxis([], GAPS.vertical).ticks.length).toBeGreaterThan(1);
  });
});

describe("valueAxis", () => {
  it("labels values that are few and apart, and round numbers otherwise", () => {
    expect(valueAxis([128, 25_088, 1024, 128], GAPS.horizontal).ticks).toEqual([128, 1024, 25_088]);
    expect(valueAxis([128, 129, 25_088], GAPS.horizontal).ticks).toEqual([
      300, 1000, 3000, 10_000, 30_000,
    ]);
  });
});
