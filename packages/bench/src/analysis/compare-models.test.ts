import { describe, expect, it } from "vitest";
import type { ModelResults } from "../results/model-results.ts";
import { modelResults, variantOf } from "../testing/model-results.ts";
import { compareModels } from "./compare-models.ts";
import { hasRegression } from "./comparison.ts";

/** The same with all times of one kind of linear layers multiplied. */
function scaled(factors: { dense: number; butterfly: number }): ModelResults {
  const variants = modelResults.variants.map((variant) => ({
    ...variant,
    wall: variant.wall.map((seconds) => seconds * factors[variant.linear]),
  }));
  return { ...modelResults, variants };
}
const nothing = expect.objectContaining({ code: "COMPARE_NOTHING" });

describe("two runs of a model", () => {
  it("are compared variant by variant", () => {
    const { compared, regressions, improvements } = compareModels(
      modelResults,
      scaled({ dense: 1, butterfly: 3 }),
      { threshold: 0.3 },
    );
    expect(compared.map(({ implementation, verdict }) => [implementation, verdict])).toEqual([
      ["papilio adapter dense f32 batch-last", "unchanged"],
      ["papilio adapter butterfly f32 batch-last", "regression"],
    ]);
    expect(regressions).toMatchObject([
      {
        name: "vit-s16, 8 images",
        clock: "wall",
        samples: 3,
        ratio: { median: expect.closeTo(3, 9) },
      },
    ]);
    expect(improvements).toEqual([]);
  });

  it("are compared relative to a variant, where a slower machine makes no difference", () => {
    const after = scaled({ dense: 2, butterfly: 2 });
    expect(hasRegression(compareModels(modelResults, after))).toBe(true);
    const relative = compareModels(modelResults, after, {
      relativeTo: "papilio adapter dense f32 batch-last",
    });
    expect(relative.compared).toMatchObject([{ ratio: { median: expect.closeTo(1, 9) } }]);
    expect(hasRegression(relative)).toBe(false);
  });

  it("show what is wrong now, and what only one of them has", () => {
    const [dense, butterfly] = modelResults.variants;
    if (dense === undefined || butterfly === undefined) throw new Error("no variants");
    const broken = { ...dense, verification: { ...dense.verification, ok: false }, wall: [] };
    const half = variantOf({ linear: "butterfly", layout: "batch-first" });
    const after = { ...modelResults, variants: [broken, half] };
    const comparison = compareModels(modelResults, after);
    expect(comparison.broken).toMatchObject([
      { implementation: "papilio adapter dense f32 batch-last" },
    ]);
    expect(comparison.onlyBefore).toMatchObject([
      { implementation: "papilio adapter butterfly f32 batch-last" },
    ]);
    expect(comparison.onlyAfter).toMatchObject([
      { implementation: "papilio adapter butterfly f32 batch-first" },
    ]);
    expect(hasRegression(comparison)).toBe(true);
  });

  it("have nothing in common where the model or its size is another, or the reference is missing", () => {
    expect(() => compareModels(modelResults, { ...modelResults, units: 4 })).toThrow(nothing);
    expect(() => compareModels(modelResults, { ...modelResults, model: "other" })).toThrow(nothing);
    expect(() =>
      compareModels(modelResults, modelResults, {
        relativeTo: "papilio adapter dense f16 batch-last",
      }),
    ).toThrow(nothing);
    expect(() => compareModels(modelResults, modelResults, { threshold: 0 })).toThrow(
      expect.objectContaining({ code: "COMPARE_THRESHOLD" }),
    );
  });
});
