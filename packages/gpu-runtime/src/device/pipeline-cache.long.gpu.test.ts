import { compile, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { expect, it } from "vitest";
import { KEPT_SHAPES } from "../multiplication/prepared-shapes.ts";
import { tensor } from "../tensor/tensor.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { KEPT_PIPELINES } from "./pipeline-cache.ts";

it("keeps the kernels of the last few of 400 batch sizes, and right answers", async () => {
  using gpu = await openTestGpu();
  // Small, because drivers take long to compile 400 kernels.
  const matrix = KroneckerSparse.random(new Pattern(1, 2, 2, 1), { seed: 1 });
  using weights = await compile(matrix, gpu);
  // Those of the shapes that are kept, a kernel each, are in use.
  const most = KEPT_PIPELINES + KEPT_SHAPES;
  for (let batch = 1; batch <= 400; batch++) {
    const shape = { batch, layout: "batch-first" } as const;
    const values = Float32Array.from({ length: 2 * batch }, (_, index) => Math.sin(index));
    using x = tensor(gpu, values, { ...shape, features: 2 });
    using y = await weights.multiply(x);
    expect(gpu.pipelines.size).toBeLessThanOrEqual(most);
    if (batch % 50 !== 0) continue;
    const expected = referenceProduct(matrix, Float64Array.from(values), shape);
    const actual = await y.data();
    const error = Math.max(...actual.map((number, at) => Math.abs(number - (expected[at] ?? 0))));
    expect(error).toBeLessThan(1e-5);
  }
  // As many kernels as shapes: the bound was reached, and others were dropped.
  expect(gpu.pipelines.size).toBe(most);
});
