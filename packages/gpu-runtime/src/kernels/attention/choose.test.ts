import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { report } from "../../testing/variants.ts";
import { chooseAttention } from "./choose.ts";
import { attentionKernel } from "./kernel.ts";
import { keysBytes } from "./keys-shader.ts";
import { matrixAttentionPlan } from "./matrix-plan.ts";
import type { AttentionProblem } from "./problem.ts";
import { registerBytes } from "./register-shader.ts";
import type { AttentionVariant } from "./variant.ts";
import { workgroupBytes } from "./workgroup-plan.ts";

const adapters = fc
  .tuple(fc.constantFrom("hardware" as const, "software" as const), fc.constantFrom(null, 4, 8, 32))
  .map(([kind, subgroup]) => report(kind, subgroup));

const problems = fc
  .record({
    queries: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 2000 })),
    keys: fc.integer({ min: 1, max: 2000 }),
    headFeatures: fc.oneof(fc.constantFrom(64, 128, 256), fc.integer({ min: 1, max: 1024 })),
    keyValueHeads: fc.integer({ min: 1, max: 4 }),
    sharing: fc.integer({ min: 1, max: 8 }),
    dtype: fc.constantFrom("f32" as const, "f16" as const),
  })
  .map(({ sharing, ...rest }): AttentionProblem => {
    const shape = { batch: 2000, layout: "batch-last" } as const;
    const heads = rest.keyValueHeads * sharing;
    const flags = { causal: false, position: false, lengths: false };
    return {
      ...rest,
      ...flags,
      sequences: 1,
      heads,
      scale: 1,
      q: shape,
      k: shape,
      v: shape,
      y: shape,
    };
  });

function bytesOf(problem: AttentionProblem, variant: AttentionVariant): number {
  switch (variant.kind) {
    case "register":
      return registerBytes(problem, variant);
    case "workgroup":
      return workgroupBytes(problem, variant);
    case "keys":
      return keysBytes(problem, variant);
    case "matrix":
      return matrixAttentionPlan(problem, variant).bytes;
  }
}

describe("the choice of a shape", () => {
  it("stays within WebGPU's default limits, and computes in the memory that it says", () => {
    fc.assert(
      fc.property(adapters, problems, (adapter, problem) => {
        const variant = chooseAttention(adapter, problem);
        const { wgsl } = attentionKernel(problem, variant);
        const threads = Number(/@workgroup_size\((\d+)\)/.exec(wgsl)?.[1]);
        const declared = [...wgsl.matchAll(/var<workgroup> \w+: array<f32, (\d+)>/g)];
        const bytes = declared.reduce((sum, [, count]) => sum + 4 * Number(count), 0);
        expect(threads).toBeLessThanOrEqual(256);
        expect(bytes).toBe(bytesOf(problem, variant));
        expect(bytes).toBeLessThanOrEqual(16384);
      }),
    );
  });

  it("has whole subgroups where they share loads", () => {
    fc.assert(
      fc.property(adapters, problems, (adapter, problem) => {
        const variant = chooseAttention(adapter, problem);
        if (variant.kind !== "register" || variant.broadcast === "load") return;
        expect(variant.broadcast).toBe(adapter.features.subgroups?.max);
        expect(variant.workgroup % variant.broadcast).toBe(0);
        expect(adapter.kind).toBe("software");
      }),
    );
  });

  it("pads the tokens of a vision transformer little", () => {
    const shape = { batch: 200, layout: "batch-last" } as const;
    const flags = { causal: false, position: false, lengths: false };
    const sizes = { sequences: 1, queries: 197, keys: 197, heads: 6, keyValueHeads: 6 };
    const problem = { ...sizes, ...flags, headFeatures: 64, scale: 1 / 8, dtype: "f32" } as const;
    const operands = { q: shape, k: shape, v: shape, y: shape };
    expect(chooseAttention(report("software", 8), { ...problem, ...operands })).toMatchObject({
      kind: "register",
      queries: 5,
    });
  });
});
