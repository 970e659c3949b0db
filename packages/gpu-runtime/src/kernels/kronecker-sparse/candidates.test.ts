import { Pattern } from "@papilio/butterfly";
import { FEW_BITS } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectValid, problems, report, reports } from "../../testing/variants.ts";
import { kroneckerSparseVariants } from "./candidates.ts";
import { chooseKroneckerSparse } from "./choose.ts";
import { kroneckerSparseName, readsFewBits } from "./variant.ts";

describe("the candidates for tuning", () => {
  it("are the chosen variant and others, all valid, none twice", () => {
    fc.assert(
      fc.property(reports, problems, (adapter, problem) => {
        const variants = kroneckerSparseVariants(adapter, problem);
        expect(variants[0]).toEqual(chooseKroneckerSparse(adapter, problem));
        expect(variants.length).toBeLessThanOrEqual(24);
        expect(new Set(variants.map(kroneckerSparseName)).size).toBe(variants.length);
        for (const variant of variants) expectValid(adapter, problem, variant);
      }),
      { numRuns: 300 },
    );
  });

  it("are for weights of few bits those that read them, the chosen one first", () => {
    fc.assert(
      fc.property(reports, problems, fc.constantFrom(...FEW_BITS), (adapter, given, bits) => {
        const problem = { ...given, weightDtype: bits };
        const variants = kroneckerSparseVariants(adapter, problem);
        expect(variants[0]).toEqual(chooseKroneckerSparse(adapter, problem));
        expect(variants.every(readsFewBits)).toBe(true);
        for (const variant of variants) expectValid(adapter, problem, variant);
      }),
      { numRuns: 200 },
    );
  });

  it.each(["hardware", "software"] as const)("are of every kind on %s", (kind) => {
    const variants = kroneckerSparseVariants(report(kind, 32), {
      pattern: new Pattern(4, 64, 64, 4),
      batch: 128,
      layout: "batch-last",
      dtype: "f32",
    });
    const kinds = variants.map((variant) =>
      variant.kind === "register" ? variant.lanes : variant.kind,
    );
    expect([...new Set(kinds)].sort()).toEqual(["batch", "blocks", "outputs", "workgroup"]);
  });
});
