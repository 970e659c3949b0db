import { Pattern } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { typicalReport } from "../../device/typical-report.ts";
import { chooseKroneckerSparse } from "./choose.ts";
import { fillingNeighbours, workgroupPlan } from "./workgroup-plan.ts";

/** Sectors of 32 bytes that runs of `count` of `d` neighbours touch, in rows that follow one another. */
function touched(d: number, count: number, bytes: number, rows: number): number {
  let sum = 0;
  for (let first = 0; first < d; first += count) {
    const sectors = new Set<number>();
    for (let row = 0; row < rows; row++) {
      for (let k = first; k < Math.min(first + count, d); k++) {
        for (let byte = 0; byte < bytes; byte++) {
          sectors.add(Math.floor(((row * d + k) * bytes + byte) / 32));
        }
      }
    }
    sum += sectors.size;
  }
  return sum;
}

describe("neighbouring blocks in a workgroup", () => {
  it("fill the sectors that they read, as far as any number of them does", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        fc.constantFrom(2, 4),
        fc.constantFrom(8, 16, 32),
        (d, bytes, most) => {
          const counts = Array.from({ length: Math.min(d, most) }, (_, index) => index + 1);
          const chosen = fillingNeighbours({ d }, bytes, most);
          expect(counts).toContain(chosen);
          const best = Math.min(...counts.map((count) => touched(d, count, bytes, 64)));
          expect(touched(d, chosen, bytes, 64)).toBeLessThanOrEqual(best / 0.9);
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it("are those of one sector where d is a multiple of it, and all of few", () => {
    expect(fillingNeighbours({ d: 64 }, 4, 64)).toBe(8);
    expect(fillingNeighbours({ d: 64 }, 2, 64)).toBe(16);
    expect(fillingNeighbours({ d: 3 }, 2, 64)).toBe(3);
    expect(fillingNeighbours({ d: 24 }, 2, 64)).toBe(24);
  });

  it("are taken when batch-first, within what WebGPU promises", () => {
    const promised = {
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupStorageSize: 16384,
    };
    const report = typicalReport({ name: "none", kind: "hardware" });
    const gpu = { ...report, limits: { ...report.limits, ...promised } };
    const size = fc.integer({ min: 2, max: 100 });
    fc.assert(
      fc.property(
        size,
        size,
        size,
        fc.constantFrom("f32" as const, "f16" as const),
        (b, c, d, dtype) => {
          const problem = { pattern: new Pattern(2, b, c, d), batch: 64, dtype } as const;
          const first = chooseKroneckerSparse(gpu, { ...problem, layout: "batch-first" });
          const last = chooseKroneckerSparse(gpu, { ...problem, layout: "batch-last" });
          if (last.kind === "workgroup") expect(last.neighbours).toBe(1);
          if (first.kind !== "workgroup") {
            expect(first).toMatchObject({ kind: "register", lanes: "blocks" });
            return;
          }
          const { threads, bytes } = workgroupPlan(first);
          expect(threads).toBeLessThanOrEqual(promised.maxComputeInvocationsPerWorkgroup);
          expect(bytes).toBeLessThanOrEqual(promised.maxComputeWorkgroupStorageSize);
          expect(first.neighbours).toBeGreaterThan(1);
          expect(first.neighbours).toBeLessThanOrEqual(d);
        },
      ),
    );
  });
});
