import {
  type BatchShape,
  Chain,
  ComplexButterfly,
  ComplexKroneckerSparse,
  compile,
  KroneckerSparse,
  Pattern,
  PermutedButterfly,
  verify,
} from "@papilio/butterfly";
import { fourier } from "@papilio/butterfly/constructions";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import type { Stage } from "../planning/plan.ts";
import { ComplexTensor, complexTensor } from "../tensor/complex-tensor.ts";
import { Tensor } from "../tensor/tensor.ts";
import { drawComplex, magnitudeOf } from "../testing/complex-vectors.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { prepareComplexButterfly } from "./complex-butterfly.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** Multiplies on the device and compares each part with the float64 product, within its bound. */
async function check(
  matrix: ComplexButterfly | PermutedButterfly<ComplexButterfly>,
  shape: BatchShape,
): Promise<readonly Stage[]> {
  const butterfly = matrix instanceof PermutedButterfly ? matrix : new PermutedButterfly(matrix);
  const x = drawComplex(shape.batch * butterfly.cols, 7);
  using weights = await compile(matrix, gpu);
  const y = await weights.multiply(x, shape);
  const exact = { re: Float64Array.from(x.re), im: Float64Array.from(x.im) };
  const reference = referenceProduct(butterfly, exact, shape);
  const magnitude = magnitudeOf(butterfly, x, shape);
  const terms = weights.terms(shape);
  for (const part of ["re", "im"] as const) {
    const found = verify(y[part], reference[part], magnitude[part], {
      dtype: "f32",
      terms,
      magnification: 2 ** 20,
    });
    expect(found).toMatchObject({ ok: true, nonFinite: 0 });
  }
  return weights.plan(shape).stages;
}

describe("a complex butterfly on the device", () => {
  it.each([
    ["1,2,2,8; 2,2,2,4; 4,2,2,2; 8,2,2,1"],
    ["1,3,2,8; 2,4,5,2; 10,2,3,1"],
    ["8,2,2,1; 4,2,2,2; 2,2,2,4; 1,2,2,8"],
    ["2,3,4,6; 4,4,3,3"],
    ["1,4,6,4; 2,12,5,1"],
    ["1,20,33,3"],
    ["3,1,1,5"],
  ])("of the chain %s is right in both layouts, for every batch", async (text) => {
    const matrix = ComplexButterfly.random(Chain.parse(text), { seed: 1 });
    for (const layout of ["batch-first", "batch-last"] as const) {
      for (const batch of [1, 37]) await check(matrix, { batch, layout });
    }
  });

  it("fuses ranges of small factors, and multiplies by large ones in a loop", async () => {
    const dyadic = ComplexButterfly.random(Chain.squareDyadic(256), { seed: 2 });
    const stages = await check(dyadic, { batch: 4, layout: "batch-last" });
    expect(stages.length).toBeLessThanOrEqual(4);
    expect([stages[0]?.from, stages.at(-1)?.to]).toEqual([0, 8]);
    const monarch = ComplexButterfly.random(Chain.monarch(1024), { seed: 3 });
    expect(await check(monarch, { batch: 3, layout: "batch-first" })).toEqual([
      { from: 0, to: 1, how: "multiply" },
      { from: 1, to: 2, how: "multiply" },
    ]);
  });

  it("stores equal blocks once", async () => {
    const shape = { batch: 1, layout: "batch-first" } as const;
    const single = fourier(256).map((matrix) => matrix.convert("float32"));
    using shared = await compile(single, gpu);
    using apart = await compile(ComplexButterfly.random(Chain.squareDyadic(256), { seed: 4 }), gpu);
    shared.plan(shape);
    apart.plan(shape);
    // Of two stages that are merged the left-most has no equal blocks.
    expect(shared.bytes).toBeLessThan(0.6 * apart.bytes);
    const factor = KroneckerSparse.random(new Pattern(1, 40, 30, 1), { seed: 5 });
    const large = new Pattern(4, 40, 30, 6);
    const part = new KroneckerSparse(large, factor.values, { a: true, d: true });
    const both = new ComplexButterfly([new ComplexKroneckerSparse(part, part)]);
    for (const layout of ["batch-first", "batch-last"] as const) {
      await check(both, { batch: 3, layout });
    }
    using once = await compile(both, gpu);
    once.plan(shape);
    expect(once.bytes).toBe(8 * 40 * 30);
  });

  it("permutes its inputs and its outputs on the way", async () => {
    const transform = fourier(64).map((matrix) => matrix.convert("float32"));
    for (const layout of ["batch-first", "batch-last"] as const) {
      await check(transform, { batch: 5, layout });
      await check(transform.transpose(), { batch: 5, layout });
    }
    const next = uniform(6);
    const shuffled = (length: number): Uint32Array =>
      Uint32Array.from(
        Array.from({ length }, (_, index) => [next(), index] as const)
          .sort(([p], [q]) => p - q)
          .map(([, index]) => index),
      );
    const one = ComplexButterfly.random(Chain.parse("2,5,3,4"), { seed: 8 });
    const both = new PermutedButterfly(one, { left: shuffled(40), right: shuffled(24) });
    await check(both, { batch: 3, layout: "batch-last" });
  });

  it("transforms 2^16 points", async () => {
    const transform = fourier(2 ** 16).map((matrix) => matrix.convert("float32"));
    for (const [batch, layout] of [
      [1, "batch-first"],
      [2, "batch-last"],
    ] as const) {
      const stages = await check(transform, { batch, layout });
      expect(stages.length).toBeLessThanOrEqual(8);
    }
  });

  it.each([
    ["batch-first", 2, 1.5],
    ["batch-first", 0.5, 2],
    ["batch-last", 1.5, 2],
    ["batch-last", 2, 0.5],
    ["batch-first", 0, 2],
    ["batch-last", 2, -1],
    ["batch-last", Number.NaN, 2],
    ["batch-first", 2 ** 40, 2 ** 40],
  ] as const)("has no %s tensor of %f vectors of %f numbers", (layout, batch, features) => {
    const make = (): unknown => new ComplexTensor(gpu, { batch, features, layout });
    expect(make).toThrow(code("TENSOR_SHAPE"));
    // In numbers, not in their parts.
    expect(make).toThrow(`A tensor of batch ${batch} and ${features} features`);
  });

  it("refuses batches and layouts that there are not", async () => {
    const matrix = ComplexButterfly.random(Chain.parse("1,2,2,4"), { seed: 9 });
    using weights = await compile(matrix, gpu);
    for (const batch of [0, 0.5, -1, Number.NaN]) {
      expect(() => weights.plan({ batch, layout: "batch-first" })).toThrow(code("BATCH_INVALID"));
    }
    const layout = "batch-middle" as "batch-first";
    expect(() => weights.plan({ batch: 1, layout })).toThrow(code("LAYOUT_INVALID"));
    expect(weights.bytes).toBe(0);
  });

  it("records steps for the shape that it was prepared for only", () => {
    const matrix = new PermutedButterfly(
      ComplexButterfly.random(Chain.parse("1,3,2,4"), { seed: 9 }),
    );
    const shape = { batch: 4, layout: "batch-first" } as const;
    using multiplication = prepareComplexButterfly(gpu, matrix, shape);
    using x = new ComplexTensor(gpu, { ...shape, features: 8 });
    using y = new ComplexTensor(gpu, { ...shape, features: 12 });
    expect(multiplication.steps(x, y).map(({ role }) => role)).toEqual(["multiply"]);
    using single = new ComplexTensor(gpu, { ...shape, batch: 1, features: 8 });
    using apart = new ComplexTensor(gpu, { batch: 4, layout: "batch-last", features: 8 });
    const mismatch = code("TENSOR_MISMATCH");
    expect(() => multiplication.steps(single, y)).toThrow(mismatch);
    expect(() => multiplication.steps(apart, y)).toThrow(mismatch);
    expect(() => multiplication.steps(x, x)).toThrow(mismatch);
    using real = new Tensor(gpu, { ...shape, features: 8 });
    // @ts-expect-error pairs of parts are not real numbers
    expect(() => multiplication.steps(real, y)).toThrow(mismatch);
  });

  it("refuses what does not fit, and gives its memory back", async () => {
    const matrix = ComplexButterfly.random(Chain.parse("4,1,1,4"), { seed: 9 });
    const before = gpu.memory.statistics.inUse;
    {
      using weights = await compile(matrix, gpu);
      using wrong = complexTensor(gpu, drawComplex(8, 1), {
        batch: 1,
        features: 8,
        layout: "batch-first",
      });
      await expect(weights.multiply(wrong)).rejects.toThrow(code("TENSOR_MISMATCH"));
      const shape = { batch: 2, layout: "batch-first" } as const;
      await expect(weights.multiply(drawComplex(16, 1), shape)).rejects.toThrow(
        code("INPUT_LENGTH"),
      );
      expect(() => wrong.write(drawComplex(7, 1))).toThrow(code("TENSOR_LENGTH"));
      const x = drawComplex(8, 2);
      wrong.write(x);
      expect(await wrong.data()).toEqual(x);
      expect(() => weights.plan({ batch: 2 ** 40, layout: "batch-last" })).toThrow(
        code("BUFFER_TOO_LARGE"),
      );
      for (let batch = 1; batch <= 12; batch++) {
        await weights.multiply(drawComplex(16 * batch, 3), { batch, layout: "batch-last" });
      }
    }
    expect(gpu.memory.statistics.inUse).toBe(before);
  });
});
