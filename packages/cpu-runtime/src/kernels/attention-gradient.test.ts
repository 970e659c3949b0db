import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AttentionGradientCase,
  drawAttentionGradient,
  wrongAttentionGradient,
} from "../testing/attention-gradient.ts";
import { BOTH_SIMDS } from "../testing/run-kernel.ts";
import {
  type AttentionGradientProblem,
  attentionKeysGradient,
  attentionQueriesGradient,
  attentionStatistics,
} from "./attention-gradient.ts";

function caseOf(given: Partial<AttentionGradientCase>): AttentionGradientCase {
  const { queries = 1, keys = queries, heads = 2, headFeatures = 8 } = given;
  const sizes = { sequences: 1, queries, keys, heads, keyValueHeads: heads, headFeatures };
  return { ...sizes, scale: 1 / Math.sqrt(headFeatures), causal: false, ...given };
}

const CASES: [string, Partial<AttentionGradientCase>][] = [
  ["one token", {}],
  ["one of two keys", { queries: 1, keys: 2 }],
  ["a tile of eight", { queries: 7, keys: 8 }],
  ["a tile of twelve, causal", { queries: 12, causal: true }],
  ["thirteen queries", { queries: 13, keys: 30, headFeatures: 17 }],
  ["blocks that do not divide, of wide heads", { queries: 130, heads: 1, headFeatures: 128 }],
  ["causal", { queries: 70, causal: true }],
  ["causal, more keys than queries", { queries: 7, keys: 30, causal: true }],
  ["causal, queries that see nothing", { queries: 23, keys: 9, causal: true }],
  ["grouped queries", { queries: 20, keys: 21, heads: 6, keyValueHeads: 2 }],
  ["sequences that begin in the middle of tiles", { sequences: 3, queries: 11, keys: 13 }],
  ["sequences of one query", { sequences: 20, queries: 1, keys: 3 }],
  ["lengths", { queries: 17, sequences: 4, counts: [17, 1, 0, 9] }],
  ["lengths and causal", { queries: 21, sequences: 2, counts: [21, 14], causal: true }],
];

describe.each(BOTH_SIMDS)("with %s SIMD", (simd) => {
  it.each(CASES)("%s", (_, given) => {
    const full = caseOf(given);
    expect(wrongAttentionGradient(full, drawAttentionGradient(full, 7), simd)).toEqual([]);
  });

  it("has nothing of what is hidden, whatever it is", () => {
    const given = caseOf({ queries: 40, causal: true, sequences: 2, counts: [40, 25] });
    const operands = drawAttentionGradient(given, 3);
    const row = given.heads * given.headFeatures;
    // Keys of the second sequence that do not count; of the first, the last key, which the last query sees alone.
    operands.k.fill(Number.NaN, 65 * row);
    operands.v.fill(Number.POSITIVE_INFINITY, 65 * row);
    operands.k.fill(Number.NaN, 39 * row, 40 * row);
    operands.dy.fill(Number.NaN, 3 * row, 4 * row);
    expect(wrongAttentionGradient(given, operands, simd)).toEqual([]);
  });
});

it("attention's gradient of any shape", () => {
  const count = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
  const cases = fc
    .record({
      ...{ sequences: count(3), queries: count(40), keys: count(80) },
      ...{ keyValueHeads: count(2), sharing: count(3), headFeatures: count(20) },
      ...{ scale: fc.constantFrom(0.3, 1, -1), causal: fc.boolean() },
      share: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    })
    .map(({ sharing, share, ...rest }): AttentionGradientCase => {
      const { sequences, keys, keyValueHeads } = rest;
      const most = share === undefined ? undefined : Math.round(share * keys);
      const counts =
        most === undefined
          ? undefined
          : Array.from({ length: sequences }, (_, s) => Math.max(0, most - s));
      return { ...rest, heads: sharing * keyValueHeads, counts };
    });
  const simd = fc.constantFrom(...BOTH_SIMDS);
  fc.assert(
    fc.property(cases, simd, fc.nat(), (given, kind, seed) => {
      const wrong = wrongAttentionGradient(given, drawAttentionGradient(given, seed), kind);
      expect(wrong.slice(0, 3)).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

it("refuses problems that make no sense", () => {
  const good: AttentionGradientProblem = { ...caseOf({}), lengths: false };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const bad: Partial<Record<keyof AttentionGradientProblem, unknown>>[] = [
    ...[{ sequences: 0 }, { queries: 1.5 }, { keyValueHeads: 3 }, { scale: Number.NaN }],
    ...[{ causal: 1 }, { lengths: [3] }],
  ];
  for (const kernel of [attentionStatistics, attentionQueriesGradient, attentionKeysGradient]) {
    for (const change of bad) {
      expect(() => kernel({ ...good, ...change } as AttentionGradientProblem)).toThrow(refused);
    }
  }
});
