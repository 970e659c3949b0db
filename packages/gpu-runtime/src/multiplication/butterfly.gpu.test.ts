import {
  Butterfly,
  Chain,
  compile,
  KroneckerSparse,
  LAYOUTS,
  type Layout,
  Pattern,
} from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { openGpu } from "../node/open.ts";
import { factorByFactor, type Plan } from "../planning/plan.ts";
import { rankPlans } from "../planning/plan-chain.ts";
import { CHAINS, testPlans } from "../testing/butterfly-plans.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runButterfly, verifyProduct } from "../testing/run-butterfly.ts";
import { draw } from "../testing/vectors-in-memory.ts";
import { prepareButterfly } from "./butterfly.ts";

const adapter = process.env.PAPILIO_ADAPTER ?? "auto";
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

// In one layout each, by turns: every plan has kernels of its own to compile. The long tests have the other.
testPlans((chain, batch) => [LAYOUTS[(chain + batch) % 2] as Layout]);

describe.each(CHAINS.map((chain) => [String(chain), chain] as const))(
  "the chain %s",
  (_, chain) => {
    it("is right in half precision, by the default plan", async ({ skip }) => {
      skip(!gpu.report.features.f16, "the adapter has no half precision");
      const shape = { batch: 24, layout: "batch-last", dtype: "f16" } as const;
      const { found } = await runButterfly(gpu, Butterfly.random(chain, { seed: 6 }), shape);
      expect(found).toMatchObject({ ok: true, nonFinite: 0 });
    });
  },
);

describe("a program of a chain", () => {
  it("has no transposition in batch-last, and an arena of two neighbours", async () => {
    const chain = Chain.squareDyadic(256);
    const shape = { batch: 64, layout: "batch-last", dtype: "f32" } as const;
    const plan = factorByFactor(chain, "batch-last");
    const { report } = await runButterfly(gpu, Butterfly.random(chain, { seed: 1 }), shape, {
      plan,
    });
    const vectors = 4 * 64 * 256;
    expect(report).toMatchObject({
      dispatches: 8,
      rewrites: 0,
      arena: { bytes: 2 * vectors, lowerBound: 2 * vectors },
    });
    expect(report.traffic.rewrite).toBe(0);
    expect(report.traffic.multiply).toBe(8 * (2 * vectors + 4 * 2 * 256));
  });

  it("reserves nothing when it runs again", async () => {
    const shape = { batch: 8, layout: "batch-first", dtype: "f32" } as const;
    const chain = Chain.squareDyadic(64);
    await runButterfly(gpu, Butterfly.random(chain, { seed: 1 }), shape);
    const before = gpu.memory.statistics;
    await runButterfly(gpu, Butterfly.random(chain, { seed: 1 }), shape);
    expect(gpu.memory.statistics.allocations).toBe(before.allocations);
    expect(gpu.memory.statistics.inUse).toBe(before.inUse);
  });
});

describe("a chain that the device cannot bind whole", () => {
  it.for(LAYOUTS)("is divided and gives the same, %s", async (layout) => {
    using small = await openGpu({ adapter });
    // As if it bound no more than 16 KiB: the true limit takes gigabytes to pass.
    Object.assign(small.report.limits, { maxStorageBufferBindingSize: 2 ** 14 });
    const chain = Chain.parse("8,2,2,4;16,2,2,2;32,2,2,1");
    const butterfly = Butterfly.random(chain, { seed: 4 });
    const shape = { batch: 256, layout, dtype: "f32" } as const;
    for (const how of ["fuse", "merge"] as const) {
      const plan: Plan = { layout, stages: [{ from: 0, to: 3, how }] };
      const { found, report } = await runButterfly(small, butterfly, shape, { plan });
      expect(found).toMatchObject({ ok: true, nonFinite: 0 });
      expect(report.dispatches).toBeGreaterThan(1);
    }
    expect(small.memory.statistics.inUse).toBe(0);
  });
});

describe("a bias", () => {
  it("is added to every output by the last stage of any plan", async () => {
    const chain = Chain.squareDyadic(16);
    const shape = { batch: 4, layout: "batch-last", dtype: "f32" } as const;
    const butterfly = Butterfly.random(chain, { seed: 1 });
    const bias = Float32Array.from({ length: 16 }, (_, index) => index);
    for (const { plan } of rankPlans(gpu.report, chain, shape)) {
      using plain = await compile(butterfly, gpu, { plan: () => plan });
      using biased = await compile(butterfly, gpu, { plan: () => plan, bias });
      const x = draw(4 * 16, shape.dtype);
      const without = await plain.multiply(x, shape);
      const added = await biased.multiply(x, shape);
      added.forEach((value, index) => {
        const expected = (without[index] as number) + Math.floor(index / 4);
        expect(Math.abs(value - expected)).toBeLessThan(1e-5);
      });
    }
  });

  it("of the wrong length is refused, and leaves no memory behind", () => {
    const { inUse } = gpu.memory.statistics;
    const butterfly = Butterfly.random(Chain.squareDyadic(16), { seed: 1 });
    const shape = { batch: 4, layout: "batch-last", dtype: "f32" } as const;
    const bias = new Float32Array(3);
    expect(() => prepareButterfly(gpu, butterfly, shape, { bias })).toThrow(code("BIAS_LENGTH"));
    expect(gpu.memory.statistics.inUse).toBe(inUse);
  });
});

describe("merging", () => {
  it("is given up where half precision would lose the product", ({ skip }) => {
    skip(!gpu.report.features.f16, "the adapter has no half precision");
    // 2^-10 is a number in half precision; 2^-20 is left with 5 bits, and 2^-30 is not one.
    const tiny = ["1,2,2,4", "2,2,2,2", "4,2,2,1"].map((text) => {
      const pattern = Pattern.parse(text);
      return new KroneckerSparse(pattern, new Float32Array(pattern.nonZeros).fill(2 ** -10));
    });
    const shape = { batch: 4, layout: "batch-last", dtype: "f16" } as const;
    const plan: Plan = { layout: "batch-last", stages: [{ from: 0, to: 3, how: "merge" }] };
    using lossy = prepareButterfly(gpu, new Butterfly(tiny), shape, { plan });
    expect(lossy.plan).toEqual(factorByFactor(new Butterfly(tiny).chain, "batch-last"));
    using exact = prepareButterfly(gpu, new Butterfly(tiny), { ...shape, dtype: "f32" }, { plan });
    expect(exact.plan).toEqual(plan);
  });
});

describe("vectors on the host", () => {
  const chain = Chain.monarch(256);
  const butterfly = Butterfly.random(chain, { seed: 2 });

  it.for(LAYOUTS)("give in micro-batches what they give at once, %s", async (layout) => {
    const shape = { batch: 1000, layout, dtype: "f32" } as const;
    const x = draw(1000 * 256, shape.dtype);
    using free = await compile(butterfly, gpu);
    const whole = await free.multiply(x, shape, { microBatch: 1000 });
    // Room for the weights and for some 90 vectors on their way.
    using small = await openGpu({ adapter, memory: { budget: 2 ** 20 } });
    using weights = await compile(butterfly, small);
    const progress: number[] = [];
    const y = await weights.multiply(x, shape, { onProgress: (done) => progress.push(done) });
    expect(progress.length).toBeGreaterThan(4);
    expect(progress.at(-1)).toBe(1000);
    expect(small.memory.statistics.peakReserved).toBeLessThanOrEqual(2 ** 20);
    expect(small.memory.statistics.inUse).toBe(0);
    expect(y).toEqual(whole);
    const found = verifyProduct(butterfly, x, y, shape, [16, 1, 16, 1, 256]);
    expect(found).toMatchObject({ ok: true, nonFinite: 0 });
  });

  it("are refused where not one fits, and stop when aborted", async () => {
    const shape = { batch: 64, layout: "batch-first", dtype: "f32" } as const;
    const x = draw(64 * 256, shape.dtype);
    using tiny = await openGpu({ adapter, memory: { budget: 2 ** 14 } });
    using weights = await compile(butterfly, tiny);
    await expect(weights.multiply(x, shape)).rejects.toThrow(code("MEMORY_BUDGET"));
    expect(tiny.memory.statistics.inUse).toBe(0);
    const stop = new AbortController();
    using free = await compile(butterfly, gpu);
    const { inUse } = gpu.memory.statistics;
    const stopped = free.multiply(x, shape, {
      microBatch: 8,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
    expect(gpu.memory.statistics.inUse).toBe(inUse);
    await expect(free.multiply(x.subarray(1), shape)).rejects.toThrow(code("INPUT_LENGTH"));
  });
});

describe("a matrix on the device", () => {
  it("gives up weights of other shapes where the budget has no room for all", async () => {
    const factor = KroneckerSparse.random(new Pattern(1, 256, 256, 1), { seed: 4 });
    const budget = 2 ** 20;
    using small = await openGpu({ adapter, memory: { budget } });
    using weights = await compile(factor, small);
    for (let batch = 1; batch <= 6; batch++) {
      const shape = { batch, layout: "batch-first" } as const;
      const x = Float32Array.from({ length: batch * 256 }, (_, index) => Math.sin(index));
      const y = await weights.multiply(x, shape);
      referenceProduct(factor, x, shape).forEach((value, index) => {
        expect(y[index]).toBeCloseTo(value, 4);
      });
      // Those of three shapes at most, of 256 KiB each, beside their vectors.
      expect(weights.bytes).toBeLessThan(budget);
      expect(small.memory.statistics.peakReserved).toBeLessThanOrEqual(budget);
    }
  });

  it("keeps the weights of a bounded number of shapes", async () => {
    using weights = await compile(Butterfly.random(Chain.squareDyadic(16), { seed: 3 }), gpu);
    const sizes: number[] = [];
    for (let batch = 1; batch <= 24; batch++) {
      const shape = { batch, layout: "batch-last", dtype: "f32" } as const;
      weights.plan(shape);
      sizes.push(weights.bytes);
    }
    expect(Math.max(...sizes.slice(8))).toBeLessThanOrEqual(2 * (sizes[7] as number));
  });
});
