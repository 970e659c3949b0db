import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { report, reports } from "../../testing/variants.ts";
import { chooseAttentionGradient, gradientBytes } from "./choose.ts";

const sizes = {
  sequences: 2,
  heads: 3,
  keyValueHeads: 3,
  scale: 0.125,
  causal: false,
  lengths: false,
  dtype: "f32",
} as const;

describe("the chosen shape of attention's gradient", () => {
  it("keeps to the workgroup memory and the subgroups of an adapter", () => {
    const vectors = fc.integer({ min: 1, max: 300 });
    const cases = fc.tuple(reports, vectors, vectors, fc.integer({ min: 1, max: 2048 }));
    fc.assert(
      fc.property(cases, ([adapter, queries, keys, headFeatures]) => {
        const problem = { ...sizes, queries, keys, headFeatures };
        const variant = chooseAttentionGradient(adapter, problem);
        expect(gradientBytes(problem, variant, 2)).toBeLessThanOrEqual(16384);
        if (variant.broadcast === "load") return;
        expect(variant.broadcast).toBe(adapter.features.subgroups?.max);
        expect(variant.workgroup).toBe(variant.broadcast);
      }),
      { numRuns: 100 },
    );
  });

  it("has more vectors in registers where subgroups of eight share loads", () => {
    const problem = { ...sizes, queries: 197, keys: 197, headFeatures: 64 };
    const chosen = (members: number | null, vectors = 197) => {
      const variant = chooseAttentionGradient(report("software", members), {
        ...problem,
        ...{ queries: vectors, keys: vectors },
      });
      return [variant.own, variant.others];
    };
    expect([chosen(8), chosen(8, 32), chosen(4), chosen(null)]).toEqual([
      [2, 16],
      [1, 4],
      [1, 4],
      [1, 4],
    ]);
  });
});
