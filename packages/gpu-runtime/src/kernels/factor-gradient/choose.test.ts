import { Pattern } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problems, report, reports } from "../../testing/variants.ts";
import { chooseFactorGradient, transposesOperands } from "./choose.ts";
import type { FactorGradientProblem } from "./problem.ts";

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
        expect(batch % variant.turn).toBe(0);
        const { d } = pattern;
        if (variant.kind === "blocks") {
          if (variant.vector > 1) expect([layout, d % variant.vector]).toEqual(["batch-first", 0]);
          return;
        }
        const { group, tile, spans, broadcast } = variant;
        if (layout === "batch-last") expect(group).toBe(1);
        expect(d % group).toBe(0);
        if (group !== d) expect([1, 2, 4]).toContain(group);
        expect(tile * spans * group).toBeLessThanOrEqual(broadcast === "load" ? 32 : 128);
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

  it("has as many sums for each invocation as loads are shared by, except where a problem is small", () => {
    const sums = (batch: number, d: number): number => {
      const variant = chosen("software", new Pattern(1, 64, 64, d), batch);
      return variant.kind === "lanes" ? variant.tile * variant.spans * variant.group : 0;
    };
    expect([sums(2048, 1), sums(2048, 2), sums(512, 8)]).toEqual([128, 128, 128]);
    expect(sums(32, 1)).toBe(32);
  });

  it("divides the batch where blocks are few, and where neighbouring blocks outgrow a cache", () => {
    expect(chosen("software", new Pattern(1, 16, 16, 1), 1024).parts).toBe(16);
    expect(chosen("software", new Pattern(64, 64, 64, 1), 256).parts).toBe(1);
    expect(chosen("software", new Pattern(1, 64, 64, 64), 1024).parts).toBe(3);
  });

  it("transposes the operands of large blocks that are batch-first, on software adapters", () => {
    const transposed = (
      pattern: Pattern,
      rest: Partial<FactorGradientProblem> = {},
      adapter = report("software", 8),
    ) => transposesOperands(adapter, { ...wide, pattern, batch: 256, count: 256, ...rest });
    expect(
      [
        new Pattern(1, 64, 64, 64),
        new Pattern(2, 96, 96, 16),
        new Pattern(1, 768, 192, 2),
        new Pattern(1, 512, 512, 1),
      ].map((pattern) => transposed(pattern)),
    ).toEqual([true, true, true, true]);
    expect(
      [
        new Pattern(8, 48, 48, 16),
        new Pattern(1, 128, 128, 3),
        new Pattern(2, 192, 48, 8),
        new Pattern(128, 64, 64, 1),
      ].map((pattern) => transposed(pattern)),
    ).toEqual([false, false, false, false]);
    const large = new Pattern(1, 512, 512, 2);
    expect(transposed(large, { layout: "batch-last" })).toBe(false);
    expect(transposed(large, { batch: 255, count: 252 })).toBe(false);
    expect(transposed(large, { batch: 256, count: 254 })).toBe(false);
    expect(transposed(large, { count: 4 })).toBe(false);
    expect(transposed(new Pattern(2, 64, 64, 32), { batch: 64, count: 64 })).toBe(false);
    expect(transposed(large, {}, report("software", 4))).toBe(false);
    expect(transposed(large, {}, report("hardware", 8))).toBe(false);
  });
});
