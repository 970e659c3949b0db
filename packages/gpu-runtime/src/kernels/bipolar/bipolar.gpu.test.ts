import { Pattern } from "@papilio/butterfly";
import { bipolarPlanesWords, packBipolar, roundBipolar } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { testBipolarProducts } from "../../testing/bipolar-products.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw } from "../../testing/vectors-in-memory.ts";
import { bipolarPlanesKernel } from "./planes.ts";
import { bipolarProductKernel } from "./product.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

testBipolarProducts(4);

it("bits of vectors are those of roundBipolar, and a scale is NaN where an input is not finite", async () => {
  const pattern = new Pattern(2, 1, 70, 3);
  const [batch, vectorBits] = [3, 3] as const;
  const x = draw(batch * pattern.cols, "f32");
  const problem = { pattern, batch, layout: "batch-first", dtype: "f32" } as const;
  const words = bipolarPlanesWords([2, 1, 70, 3], vectorBits);
  const { numbers } = roundBipolar(x, [batch * 2, 1, 70, 3], vectorBits);
  x[0] = Number.POSITIVE_INFINITY; // vector 0, i = 0, k = 0
  x[pattern.cols + 4] = Number.NaN; // vector 1, i = 0, k = 1
  const kernel = bipolarPlanesKernel({ ...problem, bits: vectorBits });
  const named = kernel.bindings.map((binding) =>
    binding.name === "planes" ? { ...binding, name: "y" } : binding,
  );
  // The harness calls what is written y.
  const renamed = { ...kernel, bindings: named, wgsl: kernel.wgsl.replaceAll("planes[", "y[") };
  const planes = await runKernel(gpu, renamed, { x }, batch * words);
  const ints = new Uint32Array(planes.buffer);
  const size = 3 * vectorBits + 1;
  for (let unit = 0; unit < batch * 6; unit++) {
    const isBad = unit === 0 || unit === 7;
    expect(Number.isNaN(planes[unit * size + size - 1])).toBe(isBad);
    if (isBad) continue;
    const [row, k] = [Math.floor(unit / 3), unit % 3];
    for (let l = 0; l < 96; l++) {
      let code = 0;
      for (let plane = 0; plane < vectorBits; plane++) {
        const word = ints[unit * size + Math.floor(l / 32) * vectorBits + plane] as number;
        code = 2 * code + ((word >>> (l % 32)) & 1);
      }
      const number = l < 70 ? (numbers[(row * 70 + l) * 3 + k] as number) : -7;
      expect(2 * code - 7).toBe(number);
    }
  }
});

it("outputs are NaN where the scale of their inputs is", async () => {
  const pattern = new Pattern(1, 2, 3, 1);
  const weights = packBipolar(roundBipolar(new Float32Array(6).fill(1), [1, 2, 3, 1], 1));
  const problem = { pattern, batch: 2, layout: "batch-first", dtype: "f32" } as const;
  const kernel = bipolarProductKernel({ ...problem, weightBits: 1, vectorBits: 1 });
  const planes = Uint32Array.of(7, 0x7fc00000, 7, 0x3f800000);
  const y = await runKernel(gpu, kernel, { planes, weights }, 4);
  expect([...y]).toEqual([Number.NaN, Number.NaN, 1.5, 1.5]);
});
