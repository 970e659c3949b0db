import { KroneckerSparse, LAYOUTS, multiply, Pattern, verify } from "@papilio/butterfly";
import { type Gpu, openGpu, tensor } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KroneckerSparseLinear } from "./kronecker-sparse-linear.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.dispose());

const batch = 7;

describe.each(LAYOUTS)("a linear layer in a browser, %s", (layout) => {
  it.each(["6,64,64,1", "2,12,10,3"])("gives the float64 product for %s", async (text) => {
    const layer = KroneckerSparseLinear.initialize({ pattern: Pattern.parse(text), seed: 4 });
    const { weight, bias } = layer;
    const { pattern } = weight;
    const shape = { batch, layout };
    const x = Float32Array.from({ length: batch * pattern.cols }, (_, index) => Math.cos(index));

    using onGpu = layer.to(gpu);
    using input = tensor(gpu, x, { ...shape, features: layer.inFeatures });
    using output = await onGpu.forward(input);

    const absolute = new KroneckerSparse(pattern, weight.values.map(Math.abs));
    const biasOf = (index: number): number => {
      const feature = layout === "batch-first" ? index % pattern.rows : Math.floor(index / batch);
      return bias?.[feature] ?? Number.NaN;
    };
    const product = multiply(weight, Float64Array.from(x), shape);
    const sums = multiply(absolute, Float64Array.from(x, Math.abs), shape);
    const expected = product.map((sum, index) => sum + biasOf(index));
    const magnitude = sums.map((sum, index) => sum + Math.abs(biasOf(index)));
    // One term more for the bias.
    const rounding = { dtype: "f32", terms: pattern.c + 1 } as const;
    const found = verify(await output.data(), expected, magnitude, rounding);
    expect(found).toMatchObject({ ok: true, nonFinite: 0 });
  });
});
