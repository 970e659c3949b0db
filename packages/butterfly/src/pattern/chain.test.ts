import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PapilioError } from "../errors/papilio-error.ts";
import { Chain } from "./chain.ts";
import { chainability } from "./chainability.ts";
import { Pattern } from "./pattern.ts";
import { isSupported } from "./support.ts";

const small = fc.integer({ min: 1, max: 3 });
/** Chains by construction: each link multiplies a, divides d, and fixes c before and b after it. */
const chains = fc
  .record({
    links: fc.array(fc.record({ grow: small, shrink: small, rank: small }), { maxLength: 3 }),
    first: fc.record({ a: small, b: small }),
    last: fc.record({ c: small, d: small }),
    transposed: fc.boolean(),
  })
  .map(({ links, first, last, transposed }) => {
    let { a, b } = first;
    let d = links.reduce((product, { shrink }) => product * shrink, last.d);
    const patterns = links.map(({ grow, shrink, rank }) => {
      const pattern = new Pattern(a, b, rank * grow, d);
      a *= grow;
      b = rank * shrink;
      d /= shrink;
      return pattern;
    });
    const chain = Chain.of([...patterns, new Pattern(a, b, last.c, d)]);
    return { chain: transposed ? chain.transpose() : chain, ranks: links.map(({ rank }) => rank) };
  })
  // Paths are counted through dense supports: a matrix of more than 48 rows or columns tells no more.
  .filter(({ chain }) => chain.patterns.every(({ rows, cols }) => Math.max(rows, cols) <= 48));

/** Number of paths from each row to each column through the supports, `[rows, cols]`. */
function countPaths(patterns: readonly Pattern[]): number[][] {
  const supports = patterns.map((pattern) =>
    Array.from({ length: pattern.rows }, (_, row) =>
      Array.from({ length: pattern.cols }, (_, column) =>
        Number(isSupported(pattern, row, column)),
      ),
    ),
  );
  return supports.reduce((left, right) =>
    left.map((row) =>
      (right[0] as number[]).map((_, column) =>
        row.reduce((sum, paths, m) => sum + paths * (right[m]?.[column] as number), 0),
      ),
    ),
  );
}

/** An error with this code whose message contains this text. */
function refusal(code: string, text = ""): unknown {
  return expect.objectContaining({
    constructor: PapilioError,
    code,
    message: expect.stringContaining(text),
  });
}

describe("chainability", () => {
  it.each([
    ["1,32,32,32", "32,32,32,1", 1],
    ["1,768,192,2", "6,64,64,1", 32],
    ["2,3,4,6", "4,4,5,3", 2],
    ["5,7,3,2", "5,3,4,2", 3],
  ])("(%s)(%s) has rank %i", (left, right, rank) => {
    expect(chainability(Pattern.parse(left), Pattern.parse(right))).toEqual({
      chainable: true,
      rank,
    });
  });

  it.each([
    ["1,2,2,2", "3,2,2,1", "the left one has 4 columns and the right one 6 rows"],
    ["4,2,3,2", "6,2,2,2", "a = 4 on the left does not divide a = 6 on the right"],
    ["2,2,6,1", "4,1,1,3", "d = 3 on the right does not divide d = 1 on the left"],
    [
      "1,1,1,2",
      "2,1,1,1",
      "the rank a*c of the left one over a of the right one, 1/2, is not whole",
    ],
  ])("(%s)(%s) is refused: %s", (left, right, reason) => {
    expect(chainability(Pattern.parse(left), Pattern.parse(right))).toEqual({
      chainable: false,
      reason,
    });
  });
});

describe("Chain", () => {
  it("knows its ranks, sizes and text", () => {
    fc.assert(
      fc.property(chains, ({ chain, ranks }) => {
        expect(chain.ranks.toSorted()).toEqual(ranks.toSorted());
        expect(chain.rows).toBe(chain.patterns[0]?.rows);
        expect(chain.cols).toBe(chain.patterns.at(-1)?.cols);
        expect(chain.length).toBe(chain.patterns.length);
        expect(Chain.parse(chain.toString()).toString()).toBe(chain.toString());
        expect(chain.transpose().transpose().toString()).toBe(chain.toString());
      }),
    );
  });

  it("predicts the support of every run, where each entry has as many paths as the ranks make", () => {
    fc.assert(
      fc.property(chains, ({ chain }) => {
        for (let from = 0; from < chain.length; from++) {
          for (let to = from + 1; to <= chain.length; to++) {
            const product = chain.product(from, to);
            const expected = chain.ranks.slice(from, to - 1).reduce((p, rank) => p * rank, 1);
            const paths = countPaths(chain.patterns.slice(from, to));
            const predicted = Array.from({ length: product.rows }, (_, row) =>
              Array.from({ length: product.cols }, (_, column) =>
                isSupported(product, row, column) ? expected : 0,
              ),
            );
            expect(paths).toEqual(predicted);
          }
        }
      }),
    );
  });

  it("has the transposed products in reverse when it is transposed", () => {
    fc.assert(
      fc.property(chains, ({ chain }) => {
        const transposed = chain.transpose();
        const { length } = chain;
        for (let from = 0; from < length; from++) {
          for (let to = from + 1; to <= length; to++) {
            const mirrored = transposed.product(length - to, length - from);
            expect(mirrored.transpose().equals(chain.product(from, to))).toBe(true);
          }
        }
        expect(transposed.ranks).toEqual(chain.ranks.toReversed());
        expect(transposed.nonZeros).toBe(chain.nonZeros);
      }),
    );
  });

  it("parses spaces and parentheses", () => {
    const chain = Chain.parse(" (1,64,64,64) ; 64,64,64,1 ");
    expect(chain.toString()).toBe("1,64,64,64;64,64,64,1");
    expect(chain.nonZeros).toBe(2 * 64 ** 3);
  });

  it("refuses what is not a chain", () => {
    expect(() => Chain.of([])).toThrow(refusal("CHAIN_EMPTY"));
    expect(() => Chain.parse("  ")).toThrow(refusal("CHAIN_EMPTY"));
    expect(() => Chain.parse("1,2,2,1;")).toThrow(refusal("PATTERN_SYNTAX", '""'));
    expect(() => Chain.parse("1,2,2,1;2,0,2,1")).toThrow(refusal("PATTERN_INVALID", "b is 0"));
  });

  it("names the pair that is not chainable, and why", () => {
    expect(() => Chain.parse("1,4,4,2; 4,2,2,1; 3,2,2,1")).toThrow(
      refusal(
        "CHAIN_NOT_CHAINABLE",
        "(4,2,2,1) and (3,2,2,1), factors 2 and 3 of 3 from the left, are not chainable: " +
          "the left one has 8 columns and the right one 6 rows.",
      ),
    );
  });

  it("names the pair that breaks a transposed chain", () => {
    expect(() => Chain.parse("4,2,2,1; 2,2,2,2; 1,2,2,3")).toThrow(
      refusal(
        "CHAIN_NOT_CHAINABLE",
        "(2,2,2,2) and (1,2,2,3), factors 2 and 3 of 3 from the left, are not chainable: " +
          "the left one has 8 columns and the right one 6 rows.",
      ),
    );
  });

  it("refuses a chain that turns round, though each pair is chainable in one direction", () => {
    expect(() => Chain.parse("1,4,2,2; 2,2,2,1; 1,2,2,2")).toThrow(
      refusal(
        "CHAIN_NOT_CHAINABLE",
        "(2,2,2,1) and (1,2,2,2), factors 2 and 3 of 3 from the left, are not chainable: " +
          "a = 2 on the left does not divide a = 1 on the right.",
      ),
    );
  });

  it.each([
    [-1, 1],
    [0, 0],
    [1, 1],
    [0, 4],
    [2, 1],
    [0.5, 2],
    [Number.NaN, 2],
  ])("refuses the run from %d to %d of three", (from, to) => {
    expect(() => Chain.squareDyadic(8).product(from, to)).toThrow(
      refusal("CHAIN_RANGE", `from ${from} to before ${to} in a chain of 3`),
    );
  });

  it("cannot be changed", () => {
    const chain = Chain.squareDyadic(4);
    expect(() => Object.assign(chain.patterns, { 0: new Pattern(1, 1, 1, 1) })).toThrow(TypeError);
    expect(() => Object.assign(chain, { ranks: [] })).toThrow(TypeError);
    expect(chain.toString()).toBe("1,2,2,2;2,2,2,1");
  });
});

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
