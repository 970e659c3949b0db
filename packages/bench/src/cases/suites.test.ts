import { Chain, type Pattern } from "@papilio/butterfly";
import { formatOf } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { caseName, expandGrid, requireAdapterChain } from "./case.ts";
import { findSuite } from "./suites.ts";

describe("expandGrid", () => {
  it("is the product of its axes, patterns outermost", () => {
    const cases = expandGrid({
      chains: [Chain.parse("1,2,3,4"), Chain.parse("2,2,2,2")],
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

describe.each(["quick", "foundation", "gradient"])("suite %s", (name) => {
  it("fits adapters that bind 128 MiB at most", () => {
    for (const { chain, batch, dtype } of expandGrid(findSuite(name))) {
      const elements = Math.max(chain.cols * batch, chain.rows * batch, chain.nonZeros);
      expect(elements * formatOf(dtype).bytes).toBeLessThanOrEqual(2 ** 27);
    }
  });
});

describe("suite foundation", () => {
  it("is made mostly, and not only, of patterns that bmm has to shuffle for", () => {
    const several = findSuite("foundation")
      .chains.flatMap(({ patterns }) => patterns)
      .filter(({ blocks }) => blocks > 1);
    const shuffled = several.filter(({ d }) => d > 1);
    expect(shuffled.length / several.length).toBeGreaterThan(0.8);
    expect(shuffled.length).toBeLessThan(several.length);
  });
});

describe("suite paper", () => {
  const { chains, batches } = findSuite("paper");
  const patterns = chains.map(({ patterns: [pattern] }) => pattern as Pattern);

  it("is the paper's grid: one batch, square blocks and blocks four times longer one way", () => {
    expect(batches).toEqual([25_088]);
    expect(patterns.length).toBe(1844);
    const shapes = new Set(patterns.map(({ b, c }) => Math.max(b / c, c / b)));
    expect([...shapes].toSorted()).toEqual([1, 4]);
    const blocks = patterns.map(({ b, c }) => `${b} ${c}`);
    expect(blocks).toContain("768 192");
    for (const left of ["1024 256", "256 1024", "512 128", "128 512", "256 64", "64 256"]) {
      expect(blocks).not.toContain(left);
    }
  });

  it("keeps every operand below 2^31 elements, and no smaller", () => {
    const most = patterns.map(({ rows, cols }) => 25_088 * Math.max(rows, cols));
    expect(Math.max(...most)).toBeLessThan(2 ** 31);
    expect(Math.max(...most)).toBeGreaterThan(2 ** 30.7);
  });
});

describe("suite gradient", () => {
  it("has twenty factors whose blocks are the paper's, and that batched products shuffle for", () => {
    const patterns = findSuite("gradient").chains.flatMap((chain) => chain.patterns);
    expect(patterns.length).toBe(20);
    const paper = findSuite("paper").chains.flatMap((chain) => chain.patterns);
    const blocks = new Set(paper.map(({ b, c }) => `${b} ${c}`));
    for (const { b, c, d } of patterns) {
      expect(blocks).toContain(`${b} ${c}`);
      expect(d).toBeGreaterThan(1);
    }
  });
});

describe("suite adapters", () => {
  it("has blocks of 4 and 8 and one level to four, of 768 to 4096 features, up to 512 vectors", () => {
    const { chains, batches, operation } = findSuite("adapters");
    expect([operation, batches[0], batches.at(-1)]).toEqual(["adapt", 1, 512]);
    const sizes = chains.map((chain) => requireAdapterChain(chain));
    expect(new Set(sizes.map((one) => JSON.stringify(one))).size).toBe(32);
    expect(new Set(sizes.map(({ features }) => features))).toEqual(
      new Set([768, 1024, 2048, 4096]),
    );
    expect(new Set(sizes.map(({ block }) => block))).toEqual(new Set([4, 8]));
    expect(new Set(sizes.map(({ levels }) => levels))).toEqual(new Set([1, 2, 3, 4]));
  });
});

describe("suites of products", () => {
  it("multiply to square matrices from 256 to 65536 in chains", () => {
    const { chains } = findSuite("chains");
    expect([...new Set(chains.map(({ rows }) => rows))]).toEqual([256, 1024, 4096, 16384, 65536]);
    expect(chains.every(({ rows, cols }) => rows === cols)).toBe(true);
    expect(chains.map(({ length }) => length)).toEqual([8, 10, 12, 14, 16, 2, 2, 2, 2, 2]);
  });

  it("have the sizes of the models' layers in transformer", () => {
    const sizes = findSuite("transformer").chains.map(({ rows, cols }) => `${rows}x${cols}`);
    expect(sizes).toEqual([
      "384x384",
      "1536x384",
      "384x1536",
      "3072x1024",
      "1024x1024",
      "4096x1024",
      "1024x4096",
      "4096x4096",
      "14336x4096",
      "4096x14336",
    ]);
  });
});
