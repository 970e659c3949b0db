import { Pattern } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problems, report, reports } from "../../testing/variants.ts";
import { chooseFactorGradient } from "./choose.ts";

describe("the chosen shape of a factor's gradient", () => {
  it("keeps to what its kernel assumes and to the adapter's limits", () => {
    fc.assert(
      fc.property(reports, problems, (adapter, { pattern, batch, layout, dtype }) => {
        const problem = { pattern, batch, count: batch, layout, dtype };
        const variant = chooseFactorGradient(adapter, problem);
        const { limits } = adapter;
        expect(variant.parts).toBeLessThanOrEqual(Math.max(1, batch / 32));
        if (variant.parts > 1) {
          const bytes = 4 * variant.parts * pattern.nonZeros;
          expect(bytes).toBeLessThanOrEqual(limits.maxStorageBufferBindingSize);
        }
        if (variant.kind === "workgroup") {
          const { tileM, tileN, tileK, threadM, threadN } = variant;
          expect([tileM % threadM, tileN % threadN]).toEqual([0, 0]);
          const invocations = (tileM / threadM) * (tileN / threadN);
          expect(invocations).toBeLessThanOrEqual(limits.maxComputeInvocationsPerWorkgroup);
          const bytes = 4 * tileK * (tileM + tileN + 2);
          expect(bytes).toBeLessThanOrEqual(limits.maxComputeWorkgroupStorageSize);
          return;
        }
        const { lanes, turn, vector, spans } = variant;
        expect(batch % turn).toBe(0);
        if (vector > 1) {
          expect(layout).toBe("batch-first");
          if (lanes === "blocks") expect(pattern.d % vector).toBe(0);
          else expect([pattern.d, spans % vector]).toEqual([1, 0]);
        }
      }),
      { numRuns: 300 },
    );
  });

  const wide = { layout: "batch-first", dtype: "f32" } as const;
  const chosen = (kind: "hardware" | "software", pattern: Pattern, batch: number) =>
    chooseFactorGradient(report(kind, 8), { ...wide, pattern, batch, count: batch });

  it("stages the tiles of a dense layer on hardware", () => {
    expect(chosen("hardware", new Pattern(1, 512, 512, 1), 64)).toMatchObject({
      kind: "workgroup",
      tileM: 64,
      tileN: 64,
    });
  });

  it("divides the batch where blocks are few, and where neighbouring blocks outgrow a cache", () => {
    expect(chosen("software", new Pattern(1, 16, 16, 1), 1024).parts).toBe(16);
    expect(chosen("software", new Pattern(64, 64, 64, 1), 256).parts).toBe(1);
    expect(chosen("software", new Pattern(1, 64, 64, 64), 256).parts).toBe(8);
  });
});
