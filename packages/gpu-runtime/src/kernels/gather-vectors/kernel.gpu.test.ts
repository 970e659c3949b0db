import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../device/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, STORAGES } from "../../testing/vectors-in-memory.ts";
import { gatherVectorsKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

// Widths of one, two and four; batches that are padded and not; one of everything.
const sizes = [
  { count: 1, rows: 1, batch: 1, features: 1 },
  { count: 5, rows: 9, batch: 7, features: 13 },
  { count: 70, rows: 3, batch: 70, features: 6 },
  { count: 33, rows: 40, batch: 36, features: 20 },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes)("chooses $count of $rows vectors of $features", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { count, rows, batch, features } = size;
    const vectors = draw(rows * features, dtype);
    const indices = Uint32Array.from({ length: count }, (_, n) => (n * 7 + 2) % rows);
    const y = await runKernel(
      gpu,
      gatherVectorsKernel({ ...size, from, to, dtype }),
      { source: lay(vectors, features, { batch: rows, layout: from }), indices },
      batch * features,
    );
    const chosen = Float32Array.from(
      { length: count * features },
      (_, index) =>
        vectors[
          (indices[Math.floor(index / features)] as number) * features + (index % features)
        ] as number,
    );
    expect(y).toEqual(lay(chosen, features, { batch, layout: to }));
  });
});

it("reads nothing outside of the source", async () => {
  const kernel = gatherVectorsKernel({
    count: 2,
    rows: 2,
    batch: 2,
    features: 3,
    from: "batch-first",
    to: "batch-first",
    dtype: "f32",
  });
  const source = Float32Array.of(1, 2, 3, 4, 5, 6);
  const y = await runKernel(gpu, kernel, { source, indices: Uint32Array.of(2, 2 ** 32 - 1) }, 6);
  expect([...y]).toEqual([4, 5, 6, 4, 5, 6]);
});
