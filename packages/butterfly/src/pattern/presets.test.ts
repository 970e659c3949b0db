import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PapilioError } from "../errors/papilio-error.ts";
import { Chain } from "./chain.ts";
import type { Pattern } from "./pattern.ts";

/** An error with this code whose message contains this text. */
function refusal(code: string, text = ""): unknown {
  return expect.objectContaining({
    constructor: PapilioError,
    code,
    message: expect.stringContaining(text),
  });
}

describe("Chain.squareDyadic", () => {
  it("has log2(n) factors of 2n values, all ranks 1, and a dense product", () => {
    for (let depth = 1; depth <= 20; depth++) {
      const n = 2 ** depth;
      const chain = Chain.squareDyadic(n);
      expect(chain.patterns.map(String)).toEqual(
        Array.from({ length: depth }, (_, l) => `${2 ** l},2,2,${2 ** (depth - 1 - l)}`),
      );
      expect(chain.nonZeros).toBe(2 * n * depth);
      expect(new Set(chain.ranks)).toEqual(new Set(depth > 1 ? [1] : []));
      expect(chain.product().toString()).toBe(`1,${n},${n},1`);
    }
  });

  it.each([-2, 0, 1, 3, 6, 1.5, 12, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", (n) => {
    expect(() => Chain.squareDyadic(n)).toThrow(refusal("CHAIN_SIZE", `${n}`));
  });
});

describe("Chain.monarch", () => {
  it.each([
    [4, "1,2,2,2;2,2,2,1"],
    [12, "1,3,3,4;3,4,4,1"],
    [1024, "1,32,32,32;32,32,32,1"],
    [768, "1,24,24,32;24,32,32,1"],
  ])("%i is split into its most balanced divisors", (n, expected) => {
    expect(Chain.monarch(n).toString()).toBe(expected);
  });

  it.each([
    [{ rows: 1536, cols: 384, blocks: 16 }, "1,64,16,24;16,24,24,1"],
    [{ rows: 384, cols: 1536, blocks: 16 }, "1,16,16,24;16,24,96,1"],
    [{ rows: 1536, cols: 384, blocks: 16, rank: 4 }, "1,64,64,24;16,96,24,1"],
    [{ rows: 12, cols: 12, blocks: 4 }, "1,4,4,3;4,3,3,1"],
  ])("%o", (shape, expected) => {
    expect(Chain.monarch(shape).toString()).toBe(expected);
  });

  it("has the number of blocks with the fewest values unless given", () => {
    expect(Chain.monarch({ rows: 1536, cols: 384 }).toString()).toBe("1,32,8,48;8,48,48,1");
    for (let rows = 4; rows <= 48; rows++) {
      for (let cols = 4; cols <= 48; cols++) {
        const least = Math.min(rows, cols);
        const possible = Array.from({ length: least - 2 }, (_, index) => index + 2).filter(
          (blocks) => rows % blocks === 0 && cols % blocks === 0 && rows % (least / blocks) === 0,
        );
        const values = possible.map((blocks) => rows * blocks + (least * cols) / blocks);
        const fewest = possible[values.indexOf(Math.min(...values))];
        if (fewest === undefined) {
          expect(() => Chain.monarch({ rows, cols })).toThrow(
            refusal("CHAIN_SIZE", `no Monarch chain for ${rows} x ${cols}`),
          );
        } else {
          const chain = Chain.monarch({ rows, cols });
          expect(chain.patterns[1]?.a).toBe(fewest);
          expect(chain.nonZeros).toBe(Math.min(...values));
        }
      }
    }
  });

  it("has the rank, the outer sizes, the blocks and the middle that its shape asks for", () => {
    const factor = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(factor, factor, factor, factor, fc.boolean(), (p, q, more, rank, tall) => {
        const [rows, cols] = tall ? [p * q * more, p * q] : [p * q, p * q * more];
        const chain = Chain.monarch({ rows, cols, blocks: p, rank });
        const [left, right] = chain.patterns as [Pattern, Pattern];
        expect(chain.ranks).toEqual([rank]);
        expect([left.blocks, right.blocks]).toEqual([q, p]);
        expect([left.cols, right.rows]).toEqual([rank * p * q, rank * p * q]);
        expect(chain.product().toString()).toBe(`1,${rows},${cols},1`);
      }),
    );
  });

  it.each<[Parameters<typeof Chain.monarch>[0], string]>([
    [13, "not 13"],
    [1, "not 1"],
    [0, "n is 0"],
    [Number.NaN, "n is NaN"],
    [{ rows: 100, cols: 64, blocks: 16 }, "100 rows do not divide into 16 blocks"],
    [{ rows: 64, cols: 100, blocks: 16 }, "100 cols do not divide into 16 blocks"],
    [{ rows: 100, cols: 60, blocks: 4 }, "60 columns in 4 blocks make 15"],
    [{ rows: 4, cols: 4, blocks: 0 }, "blocks is 0"],
    [{ rows: 4, cols: 4, blocks: 2, rank: 0.5 }, "rank is 0.5"],
  ])("refuses %o with the figures", (size, text) => {
    expect(() => Chain.monarch(size)).toThrow(refusal("CHAIN_SIZE", text));
  });
});

describe("a chain of radices", () => {
  it("is the dyadic one, a Monarch one, and what lies between", () => {
    const twos = Array.from({ length: 5 }, () => 2);
    expect(Chain.ofRadices({ rows: twos, cols: twos }).toString()).toBe(
      Chain.squareDyadic(32).toString(),
    );
    expect(Chain.ofRadices({ rows: [4, 9], cols: [4, 16], rank: 3 }).toString()).toBe(
      Chain.monarch({ rows: 36, cols: 64, blocks: 4, rank: 3 }).toString(),
    );
    const chain = Chain.ofRadices({ rows: [2, 3, 5], cols: [7, 1, 2], rank: 2 });
    expect(chain.product().toString()).toBe("1,30,14,1");
    expect(chain.ranks).toEqual([2, 2]);
  });

  it("needs as many radices of the rows as of the columns, all of them whole", () => {
    const size = expect.objectContaining({ code: "CHAIN_SIZE" });
    expect(() => Chain.ofRadices({ rows: [2, 2], cols: [2] })).toThrow(size);
    expect(() => Chain.ofRadices({ rows: [2, 0], cols: [2, 2] })).toThrow(size);
    expect(() => Chain.ofRadices({ rows: [2], cols: [2], rank: 1.5 })).toThrow(size);
  });
});
