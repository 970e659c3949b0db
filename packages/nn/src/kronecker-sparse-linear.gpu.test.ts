import { KroneckerSparse, LAYOUTS, multiply, Pattern, verify } from "@papilio/butterfly";
import { type Gpu, tensor } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KroneckerSparseLinear } from "./kronecker-sparse-linear.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

describe.each(LAYOUTS)("a linear layer, %s", (layout) => {
  // The up projection that the paper puts into ViT-S/16, on one image of 196 tokens.
  it.each(["6,64,64,1", "1,768,192,2"])("gives the CPU's answer for %s", async (text) => {
    const layer = KroneckerSparseLinear.initialize({ pattern: Pattern.parse(text), seed: 4 });
    const { pattern } = layer.weight;
    const shape = { batch: 196, layout };
    const x = Float32Array.from({ length: 196 * pattern.cols }, (_, index) => Math.cos(index));
    const expected = layer.forward(x, shape);

    using onGpu = layer.to(gpu);
    using input = tensor(gpu, x, { ...shape, features: layer.inFeatures });
    using output = await onGpu.forward(input);
    const actual = await output.data();

    const absolute = new KroneckerSparse(pattern, layer.weight.values.map(Math.abs));
    const magnitude = multiply(absolute, Float64Array.from(x, Math.abs), shape).map(
      (sum) => sum + 1 / Math.sqrt(pattern.cols),
    );
    // One term more for the bias, one for the rounding of the CPU's answer.
    const rounding = { dtype: "f32", terms: pattern.c + 2 } as const;
    expect(verify(actual, Float64Array.from(expected), magnitude, rounding).ok).toBe(true);
  });
});
