import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measuredConfidence, normalCdf } from "./certainty.ts";

describe("the normal distribution function", () => {
  it.each([
    [0, 0.5],
    [1, 0.8413447],
    [-1.96, 0.0249979],
    [3, 0.9986501],
  ])("of %f is %f", (x, expected) => {
    expect(normalCdf(x)).toBeCloseTo(expected, 6);
  });

  it("is symmetric and within 0 and 1", () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 40, noNaN: true }), (x) => {
        expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 6);
        expect(normalCdf(x)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("confidence from samples", () => {
  const around = (center: number): number[] => [0.98, 0.99, 1, 1.01, 1.02].map((x) => x * center);

  it("is high for what is clearly faster, and for equals, which are as good", () => {
    expect(measuredConfidence(around(1), [around(2)])).toBeGreaterThan(0.999);
    expect(measuredConfidence(around(1), [around(1)])).toBeGreaterThan(0.95);
  });

  it("is half for one that is just 10 % slower, and low for one that is clearly slower", () => {
    expect(measuredConfidence(around(1.1), [around(1)])).toBeCloseTo(0.5, 1);
    expect(measuredConfidence(around(2), [around(1)])).toBeLessThan(0.01);
  });

  it("is modest with few samples, and never no number", () => {
    expect(measuredConfidence([1], [[1.02]])).toBeLessThan(0.9);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.double({ min: 1e-6, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 }),
        (others, best) => {
          const confidence = measuredConfidence(best, [others]);
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
