import { LAYOUTS, Pattern } from "@papilio/butterfly";
import type { FewBits } from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectValid, problems, report, reports } from "../../testing/variants.ts";
import { chooseKroneckerSparse, chooseRegisterKroneckerSparse } from "./choose.ts";
import { packKroneckerSparse } from "./pack.ts";

const ONE_IN_FOUR_BITS = { batch: 1, weightDtype: "q4" } as const;

describe("the chosen variant", () => {
  it("keeps to what its kernel assumes and to WebGPU's default limits", () => {
    fc.assert(
      fc.property(reports, problems, (adapter, problem) => {
        expectValid(adapter, problem, chooseKroneckerSparse(adapter, problem));
      }),
      { numRuns: 500 },
    );
  });

  it("is the same for a single vector in both layouts, which are the same memory", () => {
    fc.assert(
      fc.property(reports, problems, (adapter, { pattern, dtype }) => {
        const [first, last] = LAYOUTS.map((layout) =>
          chooseKroneckerSparse(adapter, { pattern, batch: 1, layout, dtype }),
        );
        expect(first).toEqual(last);
      }),
    );
  });

  it("shares the reduction of few outputs on hardware, and of long rows on four lanes", () => {
    const vector = { batch: 1, layout: "batch-first", dtype: "f32" } as const;
    const long = { ...vector, pattern: new Pattern(1, 512, 512, 2) };
    const short = { ...vector, pattern: new Pattern(64, 32, 32, 1) };
    expect(chooseKroneckerSparse(report("hardware", 32), short)).toMatchObject({
      kind: "vector",
      splitK: 8,
      reduceScope: "workgroup",
    });
    expect(chooseKroneckerSparse(report("software", 4), long)).toMatchObject({
      kind: "vector",
      reduceScope: "subgroup",
    });
    expect(chooseKroneckerSparse(report("software", 4), short)).toMatchObject({ kind: "register" });
    expect(chooseKroneckerSparse(report("software", 8), long)).toMatchObject({ kind: "register" });
    expect(chooseKroneckerSparse(report("software", null), long)).toMatchObject({
      kind: "register",
    });
  });

  it("gives one vector by weights of 4 bits wide workgroups where they are full, and enough", () => {
    const spansOf = (
      pattern: Pattern,
      adapter = report("software", 8),
      { batch, weightDtype }: { batch: number; weightDtype: FewBits } = ONE_IN_FOUR_BITS,
    ): number => {
      const problem = { pattern, batch, layout: "batch-first", dtype: "f32" } as const;
      const chosen = chooseKroneckerSparse(adapter, { ...problem, weightDtype });
      if (chosen.kind !== "register") throw new Error(`The kernel is ${chosen.kind}.`);
      return chosen.spans;
    };
    const wide = new Pattern(1, 768, 768, 1);
    expect(spansOf(wide)).toBe(8);
    expect(spansOf(wide, report("software", 4))).toBe(4);
    expect(spansOf(wide, report("software", null))).toBe(4);
    const adapter = report("software", 8);
    expect(spansOf(wide, adapter, { ...ONE_IN_FOUR_BITS, batch: 2 })).toBe(4);
    expect(spansOf(wide, adapter, { ...ONE_IN_FOUR_BITS, weightDtype: "q8" })).toBe(4);
    // Of 96 outputs a second workgroup would fill a half; of 256 there are four.
    expect(spansOf(new Pattern(8, 96, 256, 1))).toBe(4);
    expect(spansOf(new Pattern(1, 256, 256, 1))).toBe(4);
    // A workgroup computes four neighbouring blocks in turn.
    expect(spansOf(new Pattern(1, 192, 192, 8))).toBe(4);
    expect(spansOf(new Pattern(1, 192, 192, 12))).toBe(8);
  });

  it("shares loads between the lanes of a software adapter only", () => {
    const problem = {
      pattern: new Pattern(4, 64, 64, 4),
      batch: 128,
      layout: "batch-last",
      dtype: "f32",
    } as const;
    expect(chooseKroneckerSparse(report("software", 8), problem)).toMatchObject({ broadcast: 8 });
    expect(chooseKroneckerSparse(report("software", null), problem)).toMatchObject({
      broadcast: "load",
    });
    expect(chooseKroneckerSparse(report("hardware", 32), problem)).toMatchObject({
      kind: "workgroup",
    });
    expect(chooseRegisterKroneckerSparse(report("hardware", 32), problem).broadcast).toBe("load");
  });
});

it("on hardware writes whole sectors of outputs that are neighbours", () => {
  for (const dtype of ["f32", "f16"] as const) {
    for (const [b, c] of [
      [33, 48],
      [64, 256],
      [200, 8],
    ] as const) {
      const problem = { pattern: new Pattern(4, b, c, 1), batch: 128, dtype } as const;
      const chosen = chooseKroneckerSparse(report("hardware", 32), {
        ...problem,
        layout: "batch-first",
      });
      if (chosen.kind !== "workgroup") throw new Error(`The kernel is ${chosen.kind}.`);
      const { tileM, threadM } = chosen;
      expect((tileM / threadM) * (dtype === "f32" ? 4 : 2)).toBe(32);
    }
  }
});

describe("packing", () => {
  it("keeps every value once and pads with zeros", () => {
    const small = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(
        reports,
        small,
        small,
        small,
        small,
        fc.constantFrom(...LAYOUTS),
        fc.constantFrom(1, 33),
        (adapter, a, b, c, d, layout, batch) => {
          const pattern = new Pattern(a, b, c, d);
          const values = Float32Array.from({ length: pattern.nonZeros }, (_, index) => index + 1);
          const variant = chooseKroneckerSparse(adapter, { pattern, batch, layout, dtype: "f32" });
          const packed = packKroneckerSparse(pattern, values, variant);
          expect(packed.filter((value) => value !== 0).sort()).toEqual(values);
        },
      ),
    );
  });
});
