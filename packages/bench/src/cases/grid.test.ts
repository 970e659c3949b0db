import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { findImplementation, gradientImplementations } from "../implementations/registry.ts";
import { type Case, caseKey, caseName, expandGrid, reasonToSkip, shortCaseName } from "./case.ts";
import { findSuite, suites } from "./suites.ts";

describe("suites", () => {
  it("expand to distinct cases", () => {
    for (const [name, grid] of Object.entries(suites)) {
      const names = expandGrid(grid).map(caseName);
      expect(new Set(names).size, name).toBe(names.length);
    }
    expect(expandGrid(findSuite("quick")).map(caseName)).toContain(
      "4,64,64,4 x 128 f32 batch-last",
    );
  });

  it("are refused by an unknown name, inherited ones included", () => {
    for (const name of ["nothing", "toString", "__proto__"]) {
      expect(() => findSuite(name)).toThrow(expect.objectContaining({ code: "SUITE_UNKNOWN" }));
    }
  });

  it("of the foundation span what they promise", () => {
    const { chains, batches, dtypes, layouts } = findSuite("foundation");
    const patterns = chains.flatMap((chain) => chain.patterns);
    expect([batches, dtypes, layouts]).toEqual([
      [128, 1024],
      ["f32", "f16"],
      ["batch-first", "batch-last"],
    ]);
    const sides = patterns.flatMap(({ b, c }) => [b, c]);
    expect([Math.min(...sides), Math.max(...sides)]).toEqual([2, 512]);
    const depths = patterns.map(({ d }) => d);
    expect([Math.min(...depths), Math.max(...depths)]).toEqual([1, 1024]);
    expect(patterns.some(({ b, c }) => b !== c)).toBe(true);
    const several = expandGrid(findSuite("foundation")).filter(({ chain }) =>
      chain.patterns.some(({ blocks }) => blocks > 1),
    );
    expect(several.length).toBeGreaterThanOrEqual(60);
  });
});

describe("names", () => {
  it("of long products are short for people, and whole as keys", () => {
    const item = {
      chain: Chain.squareDyadic(1024),
      batch: 1,
      dtype: "f32",
      layout: "batch-last",
    } as const;
    expect(shortCaseName(item)).toBe("1,2,2,512;...;512,2,2,1 (10 factors) x 1 f32 batch-last");
    expect(caseName(item)).toContain("1,2,2,512;2,2,2,256;4,2,2,128;");
    const two = { ...item, chain: Chain.monarch(1024) };
    expect(shortCaseName(two)).toBe(caseName(two));
  });

  it("tell gradients from multiplications", () => {
    const grid = { ...findSuite("quick"), batches: [2], layouts: ["batch-last"] } as const;
    const [product] = expandGrid({ ...grid, operation: "multiply" }) as [Case];
    const [gradient] = expandGrid({ ...grid, operation: "gradient" }) as [Case];
    expect(caseName(gradient)).toBe(`gradient of ${caseName(product)}`);
    expect(caseName(caseKey(gradient))).toBe(caseName(gradient));
    expect(caseKey(product)).toEqual({
      chain: "1,4,4,256",
      batch: 2,
      dtype: "f32",
      layout: "batch-last",
    });
    expect(caseKey(gradient)).toEqual({ ...caseKey(product), operation: "gradient" });
  });

  it("are of one factor where they are gradients", () => {
    const item: Case = {
      operation: "gradient",
      chain: Chain.monarch(64),
      batch: 1,
      dtype: "f32",
      layout: "batch-last",
    };
    expect(reasonToSkip(undefined, item)).toMatch(/product of 2 factors/);
  });
});

describe("implementations", () => {
  it("are found by name", () => {
    expect(findImplementation("bmm").name).toBe("bmm");
    const gradient = findImplementation("bmm", [], "gradient");
    expect(gradientImplementations).toContain(gradient);
    expect(() => findImplementation("csr", [], "gradient")).toThrow(
      expect.objectContaining({ code: "IMPLEMENTATION_UNKNOWN" }),
    );
    expect(() => findImplementation("bm")).toThrow(
      expect.objectContaining({ code: "IMPLEMENTATION_UNKNOWN" }),
    );
  });
});
