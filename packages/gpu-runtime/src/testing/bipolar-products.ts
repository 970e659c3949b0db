import { Butterfly, KroneckerSparse, LAYOUTS, Pattern } from "@papilio/butterfly";
import { SampledProduct } from "@papilio/butterfly/matrix";
import {
  BIPOLAR_BITS,
  bipolarToFloats,
  roundBipolar,
  type Sizes,
} from "@papilio/butterfly/numeric";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { prepareBipolar } from "../multiplication/bipolar.ts";
import { Program } from "../program/program.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { draw } from "./vectors-in-memory.ts";

const bits = fc.constantFrom(...BIPOLAR_BITS);
const problems = fc.record({
  pattern: fc
    .tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(32, 33, 64, 2100)),
      fc.integer({ min: 1, max: 5 }),
    )
    .map((sizes) => new Pattern(...sizes)),
  batch: fc.integer({ min: 1, max: 9 }),
  layout: fc.constantFrom(...LAYOUTS),
  weightBits: bits,
  vectorBits: bits,
  seed: fc.integer({ min: 1, max: 1000 }),
});

/** Tests products of so many problems in each precision. */
export function testBipolarProducts(count: number): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  describe.each(["f32", "f16"] as const)("products of bipolar numbers in %s", (dtype) => {
    it("are the float64 products of the rounded operands", async ({ skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      await fc.assert(
        fc.asyncProperty(problems, async ({ pattern, batch, layout, seed, ...options }) => {
          const { a, b, c, d } = pattern;
          const values = draw(pattern.nonZeros, dtype, seed);
          const x = draw(batch * pattern.cols, dtype, seed + 1);
          const shape = { batch, layout, dtype };
          using held = prepareBipolar(gpu, new KroneckerSparse(pattern, values), shape, options);
          using input = tensor(gpu, x, { ...shape, features: pattern.cols });
          using y = new Tensor(gpu, { ...shape, features: pattern.rows });
          using program = await Program.record(gpu, [...held.steps(input, y)]);
          await Program.complete([program]);
          const weights = roundBipolar(values, [a, b, c, d], options.weightBits);
          const sizes: Sizes =
            layout === "batch-first" ? [batch * a, 1, c, d] : [a, 1, c, d * batch];
          const inputs = bipolarToFloats(roundBipolar(x, sizes, options.vectorBits));
          const rounded = new Butterfly([new KroneckerSparse(pattern, bipolarToFloats(weights))]);
          const vectors = Array.from({ length: batch }, (_, vector) => vector);
          const product = new SampledProduct(rounded, inputs, shape, vectors);
          const { magnification } = product;
          const rounding = { sums: "f32", terms: [3], magnification } as const;
          expect(product.verify(await y.data(), rounding)).toMatchObject({ ok: true });
        }),
        { numRuns: count },
      );
    });
  });
}
