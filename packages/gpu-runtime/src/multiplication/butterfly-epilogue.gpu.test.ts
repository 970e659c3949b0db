import { Butterfly, Chain, KroneckerSparse, LAYOUTS, Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { planName } from "../planning/plan.ts";
import { rankPlans } from "../planning/plan-chain.ts";
import { Tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runButterfly, runMultiplication, stored } from "../testing/run-butterfly.ts";
import { runCase } from "../testing/run-case.ts";
import { prepareBmm } from "./bmm.ts";
import { prepareButterfly } from "./butterfly.ts";
import { prepareFusedChain } from "./fused-chain.ts";
import { prepareKroneckerSparse } from "./kronecker-sparse.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const right = { ok: true, nonFinite: 0 };

describe("the epilogue of a chain", () => {
  const chain = Chain.parse("1,2,2,4;2,2,2,2;4,2,2,1");
  const butterfly = Butterfly.random(chain, { seed: 5 });
  const bias = Float32Array.from({ length: chain.rows }, (_, index) => index / 8 - 0.4);
  const options = {
    bias,
    activation: { kind: "gelu", approximate: "tanh" },
    multiply: true,
    add: true,
  } as const;

  it.for(LAYOUTS)("is right by every plan that is considered, %s", async (layout) => {
    const shape = { batch: 6, layout, dtype: "f32" } as const;
    const plans = rankPlans(gpu.report, chain, shape, { operands: 2 });
    expect(new Set(plans.map(({ plan }) => plan.layout)).size).toBe(2);
    for (const { plan } of plans) {
      const { found, report } = await runButterfly(gpu, butterfly, shape, { plan, ...options });
      expect(found, planName(plan)).toMatchObject(right);
      // The operands are transposed with the input.
      expect(report.rewrites).toBe(plan.layout === layout ? 0 : 4);
    }
  });

  it("is right in half precision, by the default plan", async ({ skip }) => {
    skip(!gpu.report.features.f16, "the adapter has no half precision");
    const shape = { batch: 6, layout: "batch-last", dtype: "f16" } as const;
    const { found } = await runButterfly(gpu, butterfly, shape, options);
    expect(found).toMatchObject(right);
  });

  it("of an activation alone leaves the last stage in place", async () => {
    const { activation } = options;
    const shape = { batch: 6, layout: "batch-last", dtype: "f32" } as const;
    const plan = {
      layout: "batch-last",
      stages: [
        { from: 0, to: 2, how: "fuse" },
        { from: 2, to: 3, how: "multiply" },
      ],
    } as const;
    const alone = await runButterfly(gpu, butterfly, shape, { plan, activation });
    expect(alone.found).toMatchObject(right);
    expect(alone.report.arena.bytes).toBe(0);
    const both = await runButterfly(gpu, butterfly, shape, { plan, activation, add: true });
    expect(both.found).toMatchObject(right);
    expect(both.report.arena.bytes).toBeGreaterThan(0);
  });
});

describe("operands of what the device cannot bind whole", () => {
  it.for(LAYOUTS)("are divided with it, %s", async (layout) => {
    using small = await openTestGpu();
    // As if it bound no more than 16 KiB: the true limit takes gigabytes to pass.
    Object.assign(small.report.limits, { maxStorageBufferBindingSize: 2 ** 14 });
    const shape = { batch: 256, layout, dtype: "f32" } as const;
    const epilogue = { activation: { kind: "silu" }, multiply: true, add: true } as const;
    const factor = KroneckerSparse.random(new Pattern(16, 2, 2, 2), { seed: 3 });
    const found = await runCase(
      small,
      factor,
      shape,
      (given) => prepareKroneckerSparse(small, given, shape, epilogue),
      undefined,
      epilogue,
    );
    expect(found).toMatchObject(right);
    const run = stored(Butterfly.random(Chain.parse("16,2,2,2;32,2,2,1"), { seed: 4 }), shape);
    using fused = prepareFusedChain(small, run, shape, epilogue);
    const product = await runMultiplication(small, fused, run, shape, [2, 2], epilogue);
    expect(product.found).toMatchObject(right);
    expect(product.report.dispatches).toBeGreaterThan(1);
  });
});

describe("an epilogue that does not fit", () => {
  const shape = { batch: 4, layout: "batch-last", dtype: "f32" } as const;
  const pattern = new Pattern(2, 2, 2, 2);
  const factor = KroneckerSparse.random(pattern, { seed: 0 });
  const chain = Chain.parse("1,2,2,4;2,2,2,2;4,2,2,1");
  const butterfly = Butterfly.random(chain, { seed: 0 });
  const both = { multiply: true, add: true };

  it("is refused: other operands than were prepared for, or of another shape", () => {
    using x = new Tensor(gpu, { ...shape, features: 8 });
    using y = new Tensor(gpu, { ...shape, features: 8 });
    using operand = new Tensor(gpu, { ...shape, features: 8 });
    using short = new Tensor(gpu, { ...shape, features: 7 });
    using other = new Tensor(gpu, { ...shape, layout: "batch-first", features: 8 });
    for (const prepare of [
      (options: object) => prepareKroneckerSparse(gpu, factor, shape, options),
      (options: object) => prepareFusedChain(gpu, butterfly, shape, options),
      (options: object) => prepareButterfly(gpu, butterfly, shape, options),
    ]) {
      using plain = prepare({});
      using gated = prepare({ multiply: true });
      using full = prepare(both);
      const mismatch = code("TENSOR_MISMATCH");
      expect(() => plain.steps(x, y, { addend: operand })).toThrow(mismatch);
      expect(() => gated.steps(x, y)).toThrow(mismatch);
      expect(() => gated.steps(x, y, { addend: operand })).toThrow(mismatch);
      expect(() => full.steps(x, y, { multiplier: operand })).toThrow(mismatch);
      expect(() => full.steps(x, y, { multiplier: operand, addend: short })).toThrow(mismatch);
      expect(() => full.steps(x, y, { multiplier: other, addend: operand })).toThrow(mismatch);
      expect(full.steps(x, y, { multiplier: operand, addend: operand }).length).toBeGreaterThan(0);
    }
    using bmm = prepareBmm(gpu, factor, shape);
    expect(() => bmm.steps(x, y, { addend: operand })).toThrow(code("TENSOR_MISMATCH"));
  });

  it("is refused: parameters that are no numbers, and leaves no memory behind", () => {
    const { inUse } = gpu.memory.statistics;
    for (const activation of [
      { kind: "elu", alpha: Number.NaN },
      { kind: "relu", upper: 1e39 },
      { kind: "leaky-relu", negativeSlope: Number.NEGATIVE_INFINITY },
    ] as const) {
      const invalid = code("ACTIVATION_INVALID");
      expect(() => prepareKroneckerSparse(gpu, factor, shape, { activation })).toThrow(invalid);
      expect(() => prepareFusedChain(gpu, butterfly, shape, { activation })).toThrow(invalid);
      expect(() => prepareButterfly(gpu, butterfly, shape, { activation })).toThrow(invalid);
    }
    expect(gpu.memory.statistics.inUse).toBe(inUse);
  });
});
