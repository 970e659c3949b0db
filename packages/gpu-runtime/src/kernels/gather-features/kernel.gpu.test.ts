import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { gatherFeaturesKernel, ZERO_FEATURE } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

// The last vectors of a batch are padding: NaN, which nothing else may become.
const sizes = [
  { count: 1, batch: 1, rows: 1, cols: 1 },
  { count: 5, batch: 7, rows: 13, cols: 9 },
  { count: 6, batch: 6, rows: 4, cols: 17 },
  { count: 33, batch: 36, rows: 20, cols: 20 },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes)("makes $rows features of $cols, $count times", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { count, batch, rows, cols } = size;
    const vectors = draw(count * cols, dtype);
    const map = Uint32Array.from({ length: rows }, (_, row) =>
      row % 5 === 3 ? ZERO_FEATURE : (row * 3 + 1) % cols,
    );
    const y = await runKernel(
      gpu,
      gatherFeaturesKernel({ batch, rows, cols, from, to, dtype }),
      { x: lay(vectors, cols, { batch, layout: from }), map },
      batch * rows,
    );
    const chosen = Float32Array.from({ length: count * rows }, (_, index) => {
      const feature = map[index % rows] as number;
      if (feature === ZERO_FEATURE) return 0;
      return vectors[Math.floor(index / rows) * cols + feature] as number;
    });
    expect(lift(y, rows, count, { batch, layout: to }).vectors).toEqual(chosen);
  });
});

it("reads nothing outside of the vector", async () => {
  const kernel = gatherFeaturesKernel({
    batch: 2,
    rows: 2,
    cols: 3,
    from: "batch-first",
    to: "batch-first",
    dtype: "f32",
  });
  const inputs = { x: Float32Array.of(1, 2, 3, 4, 5, 6), map: Uint32Array.of(3, 2 ** 32 - 2) };
  expect([...(await runKernel(gpu, kernel, inputs, 4))]).toEqual([3, 3, 6, 6]);
});
