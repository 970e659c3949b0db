import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AttentionCase, drawAttention, wrongAttention } from "../testing/attend.ts";
import { attentionProperty } from "../testing/attention-properties.ts";
import { BOTH_SIMDS } from "../testing/run-kernel.ts";
import { type AttentionProblem, attention, attentionParts, dividedAttention } from "./attention.ts";

function caseOf(given: Partial<AttentionCase>): AttentionCase {
  const { queries = 1, keys = queries, heads = 2, headFeatures = 8 } = given;
  const sizes = { sequences: 1, queries, keys, heads, keyValueHeads: heads, headFeatures };
  return { ...sizes, scale: 1 / Math.sqrt(headFeatures), causal: false, ...given };
}

const CASES: [string, Partial<AttentionCase>][] = [
  ["one token", {}],
  ["one of two keys", { queries: 1, keys: 2 }],
  ["four queries", { queries: 4, keys: 9 }],
  ["a tile of eight", { queries: 7, keys: 8 }],
  ["a tile of twelve", { queries: 12, keys: 12, causal: true }],
  ["thirteen queries", { queries: 13, keys: 30 }],
  ["sixteen queries, blocks of keys that do not divide", { queries: 16, keys: 131 }],
  ["a vision transformer's 197 tokens", { queries: 197, headFeatures: 64, heads: 1 }],
  ["causal", { queries: 70, causal: true }],
  ["causal, more keys than queries", { queries: 7, keys: 30, causal: true }],
  ["causal, queries that see nothing", { queries: 23, keys: 9, causal: true }],
  ["grouped queries", { queries: 20, keys: 21, heads: 6, keyValueHeads: 2 }],
  ["sequences that begin in the middle of tiles", { sequences: 5, queries: 11, keys: 13 }],
  ["sequences of one query", { sequences: 20, queries: 1, keys: 3 }],
  ["a cache", { queries: 7, keys: 150, causal: true, at: 113 }],
  ["a cache at its end", { queries: 5, keys: 20, causal: true, at: 15 }],
  ["a cache past its end", { queries: 5, keys: 20, causal: true, at: 18 }],
  ["a cache, all of it seen", { queries: 6, keys: 40, at: 9 }],
  ["one query of a cache", { queries: 1, keys: 300, causal: true, at: 261, headFeatures: 64 }],
  ["one query of a cache's first key", { queries: 1, keys: 64, causal: true, at: 0 }],
  ["lengths", { queries: 17, sequences: 4, counts: [17, 1, 0, 9] }],
  ["lengths and causal", { queries: 11, keys: 26, sequences: 2, counts: [26, 14], causal: true }],
  ["one query of fewer keys than parts", { queries: 1, keys: 45, causal: true, at: 20 }],
  ["one query of sequences in whole tiles", { queries: 1, keys: 32, sequences: 3, heads: 3 }],
  ["one query of each sequence, with lengths", { keys: 48, sequences: 4, counts: [0, 48, 17, 33] }],
  ["three queries of a cache", { queries: 3, keys: 90, causal: true, at: 61, heads: 3 }],
  ["a few queries that share keys", { queries: 2, keys: 70, heads: 6, keyValueHeads: 2 }],
  ["one query whose heads share keys", { keys: 99, heads: 8, keyValueHeads: 2, at: 77 }],
  ["four queries, the first of which see nothing", { queries: 4, keys: 64, counts: [20], at: 2 }],
  ["a length and one query", { queries: 1, keys: 40, counts: [0] }],
  [
    "one query of each sequence in pages",
    { keys: 64, sequences: 3, counts: [50, 0, 64], page: 16 },
  ],
  ["one query of pages, from a position", { keys: 96, causal: true, at: 70, page: 32 }],
  ["queries of a sequence in pages", { queries: 20, keys: 96, causal: true, at: 61, page: 32 }],
  [
    "queries of sequences in pages, that share keys",
    { queries: 9, keys: 48, sequences: 2, counts: [48, 30], heads: 4, keyValueHeads: 2, page: 48 },
  ],
  ["wide heads", { queries: 10, keys: 12, headFeatures: 256 }],
];

describe.each(BOTH_SIMDS)("with %s SIMD", (simd) => {
  it.each(CASES)("%s", (_, given) => {
    const full = caseOf(given);
    expect(wrongAttention(full, drawAttention(full, 7), simd)).toEqual([]);
  });

  it("hidden keys and values may be anything", () => {
    const given = caseOf({ queries: 20, keys: 90, causal: true, at: 50 });
    const operands = drawAttention(given, 3);
    // The first query sees the keys up to 50, the last one those up to 69.
    const row = given.keyValueHeads * given.headFeatures;
    operands.k.fill(Number.NaN, 60 * row);
    operands.v.fill(Number.NEGATIVE_INFINITY, 65 * row);
    expect(wrongAttention(given, operands, simd)).toEqual([]);
  });

  it("infinities and NaN mean what they do in the softmax", () => {
    const given = caseOf({ queries: 18, keys: 70, heads: 1, headFeatures: 2, scale: 1 });
    const operands = drawAttention(given, 5);
    const { q, k, v } = operands;
    q.set([Number.NaN, 0], 0);
    q.set([Number.POSITIVE_INFINITY, 1], 2);
    // A key whose score is minus infinity for half of the queries, plus infinity for the others.
    k.set([Number.NEGATIVE_INFINITY, 0], 2 * 66);
    v.set([Number.POSITIVE_INFINITY, Number.NaN], 2 * 3);
    expect(wrongAttention(given, operands, simd)).toEqual([]);
  });

  it("scores that are all minus infinity have no softmax", () => {
    const given = caseOf({ queries: 3, keys: 5, heads: 1, headFeatures: 1, scale: 1 });
    const q = Float32Array.of(1, 2, 0);
    const k = new Float32Array(5).fill(Number.NEGATIVE_INFINITY);
    expect(wrongAttention(given, { q, k, v: new Float32Array(5) }, simd)).toEqual([]);
  });

  it("a single query has no NaN of keys that it does not see, and has that of those it does", () => {
    const given = caseOf({ keys: 100, causal: true, at: 70, heads: 1, headFeatures: 3 });
    const operands = drawAttention(given, 3);
    operands.k.fill(Number.NaN, 3 * 71);
    operands.v.fill(Number.NaN, 3 * 71);
    expect(wrongAttention(given, operands, simd)).toEqual([]);
    operands.v.set([Number.POSITIVE_INFINITY, Number.NaN], 3 * 70);
    operands.k.fill(Number.NEGATIVE_INFINITY, 0, 3 * 50);
    operands.q.fill(1);
    expect(wrongAttention(given, operands, simd)).toEqual([]);
    operands.k.fill(Number.NEGATIVE_INFINITY, 0, 3 * 71);
    expect(wrongAttention(given, operands, simd)).toEqual([]);
  });

  it("scores of any size", () => {
    const given = caseOf({ queries: 17, keys: 80, heads: 1, scale: 1e3 });
    expect(wrongAttention(given, drawAttention(given, 2), simd)).toEqual([]);
  });
});

it("attention of any shape, with some numbers that are none", () => {
  fc.assert(attentionProperty({ queries: 40, keys: 80 }), { numRuns: 30 });
});

it("refuses problems that make no sense", () => {
  const good: AttentionProblem = { ...caseOf({}), position: false, lengths: false };
  const refused = expect.objectContaining({ code: "OPTION_INVALID" });
  const bad: Partial<Record<keyof AttentionProblem, unknown>>[] = [
    { sequences: 0 },
    { queries: 1.5 },
    { keys: -1 },
    { headFeatures: Number.NaN },
    { keyValueHeads: 3 },
    { scale: Number.POSITIVE_INFINITY },
    { causal: 1 },
    { lengths: [3] },
    { pages: { size: 8, count: 2 } },
    { pages: { size: 16, count: 2 } },
    { keys: 16, pages: { size: 16, count: 0 } },
    { pages: 3 },
  ];
  for (const change of bad) {
    expect(() => attention({ ...good, ...change } as AttentionProblem)).toThrow(refused);
  }
  expect(() => dividedAttention({ ...good, keys: 64 }, 1)).toThrow(refused);
  expect(() => dividedAttention({ ...good, keys: 64, queries: 5 }, 2)).toThrow(refused);
});

it("divides the keys of a query for threads that would be idle", () => {
  const sizes = { queries: 1, keys: 2048, position: true, lengths: false };
  const parts = (heads: number, threads: number, change: Partial<AttentionProblem> = {}): number =>
    attentionParts({ ...caseOf({ heads }), ...sizes, ...change }, threads);
  expect(parts(12, 1)).toBe(1);
  expect(parts(12, 2)).toBe(1);
  expect(parts(1, 4)).toBe(4);
  expect(parts(6, 4)).toBe(2);
  expect(parts(12, 8)).toBe(2);
  // 5 of 16 threads, 10 of 16, 15 of 16.
  expect(parts(5, 16)).toBe(3);
  expect(parts(1, 8, { keys: 300 })).toBe(2);
  expect(parts(1, 8, { keys: 60 })).toBe(1);
  expect(parts(4, 4, { keyValueHeads: 1 })).toBe(4);
  expect(parts(1, 8, { queries: 5 })).toBe(1);
  // Of pages, so that their sums do not depend on the number of sequences.
  expect(parts(1, 8, { pages: { size: 32, count: 64 } })).toBe(1);
});
