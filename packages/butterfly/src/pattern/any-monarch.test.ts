import { describe, expect, it } from "vitest";
import { Butterfly } from "../matrix/butterfly.ts";
import { Chain } from "./chain.ts";

describe("a Monarch chain", () => {
  it.each([
    [6, 10, 5, 3, 1],
    [6, 10, 2, 2, 3],
    [7, 16, 4, 7, 1],
    [7, 16, 16, 1, 2],
    [67, 67, 1, 67, 2],
    [12, 35, 7, 4, 2],
  ])("has %i rows, %i columns, %i and %i blocks and rank %i", (rows, cols, p, q, rank) => {
    const chain = Chain.monarch({ rows, cols, blocks: p, leftBlocks: q, rank });
    expect([chain.rows, chain.cols]).toEqual([rows, cols]);
    const [left, right] = chain.patterns;
    expect([left?.d, right?.a]).toEqual([q, p]);
    expect(chain.ranks).toEqual([rank]);
    expect(chain.nonZeros).toBe(rank * (rows * p + q * cols));
    // No entry of the product is off its support: it is dense.
    const dense = Butterfly.random(chain, { seed: 1, dtype: "float64" }).dense();
    expect(dense.every((value) => value !== 0)).toBe(true);
  });

  it.each([
    // The least pq(p + q) of all pq that are as large: 7·10, 41·49, 3·5, 43·47.
    [67, 67, 70, 70],
    [2003, 2003, 2009, 2009],
    [13, 13, 15, 15],
    [2018, 2018, 2021, 2021],
    [7, 16, 8, 16],
    [1, 1, 4, 4],
    // As few values as 16 x 12 takes.
    [13, 11, 15, 12],
    // Its own size does.
    [36, 36, 36, 36],
    [768, 3072, 768, 3072],
  ])("for %i x %i is padded to %i x %i", (rows, cols, toRows, toCols) => {
    const chain = Chain.monarch({ rows, cols, pad: true });
    expect([chain.rows, chain.cols]).toEqual([toRows, toCols]);
  });

  it("refuses blocks that do not divide", () => {
    const code = expect.objectContaining({ code: "CHAIN_SIZE" });
    for (const shape of [
      { rows: 6, cols: 10, blocks: 3, leftBlocks: 2 },
      { rows: 6, cols: 10, blocks: 2, leftBlocks: 4 },
      { rows: 6, cols: 10, blocks: 2, leftBlocks: 0 },
    ]) {
      expect(() => Chain.monarch(shape)).toThrow(code);
    }
  });
});
