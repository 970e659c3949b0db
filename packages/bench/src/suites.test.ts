import { FLOAT_FORMATS, Pattern } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { caseName, expandGrid } from "./case.ts";
import { findSuite, suites } from "./suites.ts";

describe("expandGrid", () => {
  it("is the product of its axes, patterns outermost", () => {
    const patterns = [new Pattern(1, 2, 3, 4), new Pattern(2, 2, 2, 2)];
    const cases = expandGrid({
      patterns,
      batches: [1, 7],
      dtypes: ["f32", "f16"],
      layouts: ["batch-last"],
    });
    expect(cases).toHaveLength(8);
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

  it("is empty where an axis is", () => {
    expect(expandGrid({ patterns: [], batches: [1], dtypes: ["f32"], layouts: [] })).toEqual([]);
  });
});

describe("findSuite", () => {
  it("finds the suites by name", () => {
    expect(findSuite("quick")).toBe(suites.quick);
  });

  it.each(["nonsense", "constructor", "__proto__", ""])(
    "refuses %j, naming those there are",
    (name) => {
      expect(() => findSuite(name)).toThrow(
        expect.objectContaining({
          code: "SUITE_UNKNOWN",
          fix: expect.stringContaining("quick, foundation"),
        }),
      );
    },
  );
});

describe.each(Object.keys(suites))("suite %s", (name) => {
  const cases = expandGrid(findSuite(name));

  it("has distinct cases", () => {
    expect(new Set(cases.map(caseName)).size).toBe(cases.length);
  });

  it("fits adapters that bind 128 MiB at most", () => {
    for (const { pattern, batch, dtype } of cases) {
      const elements = Math.max(pattern.cols * batch, pattern.rows * batch, pattern.nonZeros);
      expect(elements * FLOAT_FORMATS[dtype].bytes).toBeLessThanOrEqual(2 ** 27);
    }
  });
});

describe("suite foundation", () => {
  const cases = expandGrid(findSuite("foundation"));
  const several = cases.filter(({ pattern }) => pattern.blocks > 1);
  const range = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];

  it("has at least 60 cases with several blocks", () => {
    expect(several.length).toBeGreaterThanOrEqual(60);
  });

  it("spans blocks from 2 to 512 and d from 1 to 1024, square and rectangular", () => {
    const patterns = several.map(({ pattern }) => pattern);
    expect(range(patterns.map(({ b }) => b))).toEqual([2, 512]);
    expect(range(patterns.map(({ c }) => c))).toEqual([2, 512]);
    expect(range(patterns.map(({ d }) => d))).toEqual([1, 1024]);
    expect(patterns.some(({ b, c }) => b === c)).toBe(true);
    expect(patterns.some(({ b, c }) => b < c)).toBe(true);
    expect(patterns.some(({ b, c }) => b > c)).toBe(true);
  });

  it("has two batch sizes, both precisions and both layouts", () => {
    expect(new Set(several.map(({ batch }) => batch))).toEqual(new Set([128, 1024]));
    expect(new Set(several.map(({ dtype }) => dtype))).toEqual(new Set(["f32", "f16"]));
    expect(new Set(several.map(({ layout }) => layout)).size).toBe(2);
  });

  it("is made mostly of patterns that bmm has to shuffle for", () => {
    const shuffled = several.filter(({ pattern }) => pattern.d > 1);
    expect(shuffled.length / several.length).toBeGreaterThan(0.8);
    expect(shuffled.length).toBeLessThan(several.length);
  });
});
