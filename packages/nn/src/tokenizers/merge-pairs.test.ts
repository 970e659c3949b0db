import fc from "fast-check";
import { expect, it } from "vitest";
import { mergePairs } from "./merge-pairs.ts";

/** The same by its definition: look at all pairs, merge the best, begin again. */
function mergeOneByOne(
  ids: readonly number[],
  join: Parameters<typeof mergePairs>[1],
): readonly number[] {
  let best: { at: number; id: number; score: number } | undefined;
  for (let at = 0; at + 1 < ids.length; at++) {
    const found = join(ids[at] as number, ids[at + 1] as number);
    if (found !== undefined && (best === undefined || found.score > best.score)) {
      best = { at, ...found };
    }
  }
  if (best === undefined) return ids;
  return mergeOneByOne(ids.toSpliced(best.at, 2, best.id), join);
}

it("merges the best pair, the left-most of several, until there is none", () => {
  const token = fc.nat(5);
  const merges = fc.array(fc.tuple(token, token, token, fc.integer({ min: -3, max: 3 })), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.array(token, { maxLength: 24 }), merges, (ids, rules) => {
      const table = new Map(
        rules.map(([left, right, id, score]) => [`${left},${right}`, { id, score }]),
      );
      const join: Parameters<typeof mergePairs>[1] = (left, right) => table.get(`${left},${right}`);
      expect(mergePairs(ids, join)).toEqual(mergeOneByOne(ids, join));
    }),
    { numRuns: 2000 },
  );
});

it("merges a hundred thousand tokens", () => {
  const ids = Array.from({ length: 100_000 }, () => 0);
  // Two equal tokens become the next one: a tree whose root is the number of levels.
  const merged = mergePairs(ids, (left, right) =>
    left === right ? { id: left + 1, score: -left } : undefined,
  );
  expect(merged.reduce((sum, id) => sum + 2 ** id, 0)).toBe(ids.length);
  expect(merged).toEqual([...merged].toSorted((p, q) => q - p));
});
