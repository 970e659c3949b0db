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

  it("is chainable in runs where it turns round, though each pair is chainable in one direction", () => {
    const chain = Chain.parse("1,4,2,2; 2,2,2,1; 1,2,2,2");
    expect([chain.rows, chain.cols, chain.nonZeros]).toEqual([8, 4, 32]);
    expect(chain.chainable).toBe(false);
    expect(chain.transposed).toBe(false);
    expect(chain.isChainable(0, 2)).toBe(true);
    expect(chain.isChainable(1, 3)).toBe(true);
    expect(String(chain.product(0, 2))).toBe("1,8,4,1");
    // Straight, and the other way round.
    expect(chain.slice(0, 2).transposed).toBe(false);
    expect(chain.slice(1, 3).transposed).toBe(true);
    expect(String(chain.product(1, 3))).toBe("1,4,4,1");
    expect(Chain.parse(chain.toString()).transpose().chainable).toBe(false);
    for (const ask of [() => chain.product(), () => chain.ranks]) {
      expect(ask).toThrow(
        refusal(
          "CHAIN_NOT_CHAINABLE",
          "(2,2,2,1) and (1,2,2,2), factors 2 and 3 of 3 from the left, are not chainable: " +
            "a = 2 on the left does not divide a = 1 on the right.",
        ),
      );
    }
  });

  it("is chainable where the paths of its product are spread evenly over a pattern, and only there", () => {
    const divisors = fc.constantFrom(1, 2, 3, 4);
    const pairs = fc
      .tuple(
        divisors,
        divisors,
        divisors,
        divisors,
        fc.constantFrom(12, 24),
        fc.constantFrom(12, 24),
      )
      .filter(([a, d, e, f]) => 12 % (a * d) === 0 && 12 % (e * f) === 0)
      .map(([a, d, e, f, rows, cols]) => [
        new Pattern(a, rows / (a * d), 12 / (a * d), d),
        new Pattern(e, 12 / (e * f), cols / (e * f), f),
      ]);
    fc.assert(
      fc.property(pairs, (patterns) => {
        const chain = Chain.of(patterns);
        const counts = new Set(countPaths(patterns).flat());
        counts.delete(0);
        if (chain.chainable) {
          expect([...counts]).toEqual(chain.ranks);
        } else {
          expect(() => chain.product()).toThrow(refusal("CHAIN_NOT_CHAINABLE"));
        }
      }),
      { numRuns: 30 },
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
