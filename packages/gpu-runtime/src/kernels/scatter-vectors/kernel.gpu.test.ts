import { verify } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { sortIndicesKernel } from "../sort-indices/kernel.ts";
import { scatterVectorsKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** Sorts on the device: the indices in order, then where each was. */
async function sorted(indices: Uint32Array<ArrayBuffer>): Promise<Uint32Array<ArrayBuffer>> {
  const { length } = indices;
  const y = await runKernel(gpu, sortIndicesKernel({ count: length }), { indices }, 2 * length);
  return Uint32Array.from(new Uint32Array(y.buffer, y.byteOffset, 2 * length));
}

const sizes = [
  { count: 1, rows: 1, features: 1, batches: { from: 1, to: 1 } },
  { count: 9, rows: 5, features: 13, batches: { from: 10, to: 7 } },
  { count: 70, rows: 3, features: 6, batches: { from: 70, to: 3 } },
  { count: 33, rows: 40, features: 20, batches: { from: 36, to: 40 } },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes)("adds $count vectors of $features to $rows rows", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { count, rows, features, batches } = size;
    const vectors = draw(count * features, dtype);
    // The first row has a third of them, and there are rows without any.
    const indices = Uint32Array.from({ length: count }, (_, n) =>
      n % 3 === 1 ? 0 : (n * 7 + 2) % rows,
    );
    const y = await runKernel(
      gpu,
      scatterVectorsKernel({ ...size, from, to, dtype }),
      {
        x: lay(vectors, features, { batch: batches.from, layout: from }),
        sorted: await sorted(indices),
      },
      batches.to * features,
    );
    const found = lift(y, features, rows, { batch: batches.to, layout: to });
    expect(found.restIsNaN).toBe(true);
    const reference = new Float64Array(rows * features);
    const magnitude = new Float64Array(rows * features);
    vectors.forEach((number, at) => {
      const place = (indices[Math.floor(at / features)] as number) * features + (at % features);
      reference[place] = (reference[place] as number) + number;
      magnitude[place] = (magnitude[place] as number) + Math.abs(number);
    });
    const rounding = { dtype, terms: count };
    expect(verify(found.vectors, reference, magnitude, rounding)).toMatchObject({ ok: true });
  });
});

it("sorts indices, equal ones in their order", async () => {
  const indices = Uint32Array.of(5, 2, 2 ** 32 - 1, 5, 0, 2, 2);
  const expected = [...[0, 2, 2, 2, 5, 5, 2 ** 32 - 1], ...[4, 1, 5, 6, 0, 3, 2]];
  expect([...(await sorted(indices))]).toEqual(expected);
});

it("leaves out vectors whose row there is not", async () => {
  const kernel = scatterVectorsKernel({
    ...{ count: 3, rows: 2, features: 1, batches: { from: 3, to: 2 } },
    ...{ from: "batch-first", to: "batch-first", dtype: "f32" },
  });
  const inputs = { x: Float32Array.of(1, 2, 4), sorted: await sorted(Uint32Array.of(2, 1, 99)) };
  expect([...(await runKernel(gpu, kernel, inputs, 2))]).toEqual([0, 2]);
});
