import { LAYOUTS, Pattern } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AdapterReport } from "../../device/report.ts";
import { chooseRegisterVariant, chooseVariant } from "./choose.ts";
import { kroneckerSparseKernel } from "./kernel.ts";
import { collectedBytes } from "./lanes-outputs.ts";
import { packWeights } from "./pack.ts";

function report(kind: "hardware" | "software", subgroup: number | null): AdapterReport {
  return {
    name: "test",
    vendor: "",
    architecture: "",
    driver: "",
    kind,
    embedded: false,
    features: {
      f16: true,
      subgroups: subgroup === null ? null : { min: subgroup, max: subgroup },
      timestamps: true,
    },
    limits: {
      maxBufferSize: 2 ** 28,
      maxStorageBufferBindingSize: 2 ** 27,
      maxComputeWorkgroupStorageSize: 16384,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupsPerDimension: 65535,
    },
    passedOver: [],
  };
}

const side = fc.integer({ min: 1, max: 512 });
const problems = fc.record({
  pattern: fc
    .tuple(fc.integer({ min: 1, max: 9 }), side, side, side)
    .map(([a, b, c, d]) => new Pattern(a, b, c, d)),
  batch: fc.integer({ min: 1, max: 2000 }),
  layout: fc.constantFrom(...LAYOUTS),
  dtype: fc.constantFrom("f32" as const, "f16" as const),
});
const reports = fc
  .tuple(fc.constantFrom("hardware" as const, "software" as const), fc.constantFrom(null, 4, 8, 32))
  .map(([kind, subgroup]) => report(kind, subgroup));

describe("the chosen variant", () => {
  it("keeps to what its kernel assumes and to WebGPU's default limits", () => {
    fc.assert(
      fc.property(reports, problems, (adapter, problem) => {
        const { pattern, batch, layout } = problem;
        const variant = chooseVariant(adapter, problem);
        const { workgroups, wgsl } = kroneckerSparseKernel(problem, variant);
        expect(Math.max(...workgroups)).toBeLessThanOrEqual(65535);
        const threads = Number(/@workgroup_size\((\d+)\)/.exec(wgsl)?.[1]);
        expect(threads).toBeGreaterThanOrEqual(1);
        expect(threads).toBeLessThanOrEqual(256);
        if (variant.kind === "workgroup") return;
        expect(pattern.c % variant.reduction).toBe(0);
        if (variant.lanes === "batch") {
          expect((layout === "batch-last" ? batch : 1) % variant.vector).toBe(0);
        }
        if (variant.lanes === "blocks") {
          expect((layout === "batch-first" ? pattern.d : 1) % variant.vector).toBe(0);
        }
        if (variant.broadcast !== "load") expect(threads % variant.broadcast).toBe(0);
        if (variant.collect) {
          expect(pattern.d % 4).toBe(0);
          expect(collectedBytes(variant)).toBeLessThanOrEqual(16384);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("shares loads between the lanes of a software adapter only", () => {
    const problem = {
      pattern: new Pattern(4, 64, 64, 4),
      batch: 128,
      layout: "batch-last",
      dtype: "f32",
    } as const;
    expect(chooseVariant(report("software", 8), problem)).toMatchObject({ broadcast: 8 });
    expect(chooseVariant(report("software", null), problem)).toMatchObject({ broadcast: "load" });
    expect(chooseVariant(report("hardware", 32), problem)).toMatchObject({ kind: "workgroup" });
    expect(chooseRegisterVariant(report("hardware", 32), problem).broadcast).toBe("load");
  });
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
        (adapter, a, b, c, d, layout) => {
          const pattern = new Pattern(a, b, c, d);
          const values = Float32Array.from({ length: pattern.nonZeros }, (_, index) => index + 1);
          const variant = chooseVariant(adapter, { pattern, batch: 33, layout, dtype: "f32" });
          const packed = packWeights(pattern, values, variant);
          expect(packed.filter((value) => value !== 0).sort()).toEqual(values);
        },
      ),
    );
  });
});
