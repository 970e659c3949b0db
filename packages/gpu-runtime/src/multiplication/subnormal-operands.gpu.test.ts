import { Butterfly, compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { sumsOf, verifyProduct } from "../testing/run-butterfly.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

it.each(["inputs", "values"])(
  "subnormal %s may be taken as zero, within the bound",
  async (which) => {
    const next = uniform(5);
    const draw = (length: number, scale: number): Float32Array =>
      Float32Array.from({ length }, () => scale * next());
    const [tiny, large] = [2 ** -127, 2 ** 20];
    const ofInputs = which === "inputs";
    const pattern = new Pattern(2, 8, 8, 2);
    const butterfly = new Butterfly([
      new KroneckerSparse(pattern, draw(pattern.nonZeros, ofInputs ? large : tiny)),
    ]);
    const x = draw(3 * pattern.cols, ofInputs ? tiny : large);
    const shape = { batch: 3, layout: "batch-first", dtype: "f32" } as const;
    using weights = await compile(butterfly, gpu);
    const y = await weights.multiply(x, shape);
    expect(verifyProduct(butterfly, x, y, shape, [pattern.c])).toMatchObject({ ok: true });
    // What the device makes of them is not a rounding error of the normal outputs that they have.
    const { reference, rounding } = sumsOf(butterfly, x, shape, [pattern.c]);
    expect(Math.max(...reference.map(Math.abs))).toBeGreaterThan(2 ** -126);
    expect(rounding.subnormalOperands).toBeGreaterThan(2 ** -120);
  },
);
