import { LAYOUTS, verify } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { elementwiseKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const relu = { kind: "relu" } as const;

// The last vectors of a batch are padding: NaN, which nothing else may become.
const sizes = [
  { count: 1, batch: 1, features: 1 },
  { count: 5, batch: 7, features: 9 },
  { count: 33, batch: 36, features: 10 },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes)("copies $count vectors of $features", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { count, batch, features } = size;
    const kernel = elementwiseKernel({ batch, features, from, to, dtype });
    const vectors = draw(count * features, dtype);
    const x = lay(vectors, features, { batch, layout: from });
    const y = await runKernel(gpu, kernel, { x }, x.length);
    expect(lift(y, features, count, { batch, layout: to }).vectors).toEqual(vectors);
  });

  it.for(
    LAYOUTS.flatMap((layout) => [
      { ...sizes[1], operation: "add", layout } as const,
      { ...sizes[2], operation: "multiply", layout } as const,
    ]),
  )("activates, then $operation of $layout", async (problem, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { count = 0, batch = 0, features = 0, operation, layout } = problem;
    const combine = { operation, layout };
    const kernel = elementwiseKernel({
      batch,
      features,
      from,
      to,
      dtype,
      activation: relu,
      combine,
    });
    const vectors = draw(count * features, dtype);
    const others = draw(count * features, dtype, 8);
    const inputs = {
      x: lay(vectors, features, { batch, layout: from }),
      other: lay(others, features, { batch, layout }),
    };
    const y = await runKernel(gpu, kernel, inputs, batch * features);
    const reference = Float64Array.from(vectors, (value, index) => {
      const other = others[index] as number;
      return operation === "add" ? Math.max(value, 0) + other : Math.max(value, 0) * other;
    });
    const magnitude = reference.map((value, index) =>
      operation === "add"
        ? Math.abs(vectors[index] as number) + Math.abs(others[index] as number)
        : Math.abs(value),
    );
    const actual = lift(y, features, count, { batch, layout: to }).vectors;
    expect(verify(actual, reference, magnitude, { dtype, terms: 2 })).toMatchObject({ ok: true });
  });
});

it("reaches all of what takes two rows of workgroups", async () => {
  // An odd number of them, one at a time, and neither a multiple of the workgroup nor of the grid.
  const features = 64 * 65537 + 3;
  const layout = "batch-first";
  const kernel = elementwiseKernel({ batch: 1, features, from: layout, to: layout, dtype: "f32" });
  expect(kernel.workgroups[1]).toBe(2);
  const x = Float32Array.from({ length: features }, (_, index) => index);
  const y = await runKernel(gpu, kernel, { x }, features);
  expect(y.findIndex((value, index) => value !== index)).toBe(-1);
});
