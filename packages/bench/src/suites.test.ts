import { FLOAT_FORMATS, Pattern } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { caseName, expandGrid } from "./case.ts";
import { findSuite, suites } from "./suites.ts";

describe("expandGrid", () => {
  it("is the product of its axes, patterns outermost", () => {
    const cases = expandGrid({
      patterns: [new Pattern(1, 2, 3, 4), new Pattern(2, 2, 2, 2)],
      batches: [1, 7],
      dtypes: ["f32", "f16"],
      layouts: ["batch-last"],
    });
    expect(cases.map(caseName)).toEqual([
      "1,2,3,4 x 1 f32 batch-last",
      "1,2,3,4 x 1 f16 batch-last",
      "1,2,3,4 x 7 f32 batch-last",
      "1,2,3,4 x 7 f16 batch-last",
      "2,2,2,2 x 1 f32 batch-last",
      "2,2,2,2 x 1 f16 batch-last",
      "2,2,2,2 x 7 f32 batch-last",
      "2,2,2,2 x 7 f16 batch-last",
    ]);
  });
});

describe.each(Object.keys(suites))("suite %s", (name) => {
  it("fits adapters that bind 128 MiB at most", () => {
    for (const { pattern, batch, dtype } of expandGrid(findSuite(name))) {
      const elements = Math.max(pattern.cols * batch, pattern.rows * batch, pattern.nonZeros);
      expect(elements * FLOAT_FORMATS[dtype].bytes).toBeLessThanOrEqual(2 ** 27);
    }
  });
});

describe("suite foundation", () => {
  it("is made mostly, and not only, of patterns that bmm has to shuffle for", () => {
    const several = findSuite("foundation").patterns.filter(({ blocks }) => blocks > 1);
    const shuffled = several.filter(({ d }) => d > 1);
    expect(shuffled.length / several.length).toBeGreaterThan(0.8);
    expect(shuffled.length).toBeLessThan(several.length);
  });
});
