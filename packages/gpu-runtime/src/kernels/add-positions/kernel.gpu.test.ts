import { verify } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { addPositionsKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

// Widths of one, two and four; padded batches; part of a sequence, as when a text goes on.
const sizes = [
  { count: 1, period: 1, features: 1, prepend: false, first: null, batches: { from: 1, to: 1 } },
  { count: 12, period: 4, features: 7, prepend: true, first: null, batches: { from: 13, to: 17 } },
  { count: 7, period: 5, features: 10, prepend: false, first: 3, batches: { from: 8, to: 9 } },
  { count: 18, period: 9, features: 12, prepend: true, first: 2, batches: { from: 18, to: 20 } },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(sizes)(
    "$count vectors of $features, prepend: $prepend, first: $first",
    async (size, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const { count, period, features, prepend, first, batches } = size;
      const length = prepend ? period + 1 : period;
      const tableRows = length + (first ?? 0);
      const vectors = draw(count * features, dtype);
      const table = draw(tableRows * features, dtype, 8);
      const prepended = draw(features, dtype, 9);
      const kernel = addPositionsKernel({
        batches,
        count,
        features,
        period,
        prepend,
        tableRows,
        position: first !== null,
        from,
        to,
        dtype,
      });
      const x = lay(vectors, features, { batch: batches.from, layout: from });
      const inputs = { x, table, prepended, position: Uint32Array.of(first ?? 0) };
      const y = await runKernel(gpu, kernel, inputs, batches.to * features);

      const outputs = prepend ? (count / period) * length : count;
      const terms = Array.from({ length: outputs * features }, (_, index) => {
        const feature = index % features;
        const vector = Math.floor(index / features);
        const [sequence, t] = [Math.floor(vector / length), vector % length];
        const row = (first ?? 0) + t;
        const from = sequence * period + (prepend ? t - 1 : t);
        const own = prepend && t === 0 ? prepended[feature] : vectors[from * features + feature];
        return [own as number, table[row * features + feature] as number] as const;
      });
      const reference = Float64Array.from(terms, ([own, position]) => own + position);
      const magnitude = Float64Array.from(
        terms,
        ([own, position]) => Math.abs(own) + Math.abs(position),
      );
      const found = lift(y, features, outputs, { batch: batches.to, layout: to });
      expect(verify(found.vectors, reference, magnitude, { dtype, terms: 2 })).toMatchObject({
        ok: true,
      });
      expect(found.restIsNaN).toBe(true);
    },
  );
});

it("reads nothing outside of the table", async () => {
  const kernel = addPositionsKernel({
    batches: { from: 2, to: 2 },
    count: 2,
    features: 1,
    period: 2,
    prepend: false,
    tableRows: 3,
    position: true,
    from: "batch-first",
    to: "batch-first",
    dtype: "f32",
  });
  const inputs = {
    x: Float32Array.of(10, 20),
    table: Float32Array.of(1, 2, 3),
    position: Uint32Array.of(2),
  };
  expect([...(await runKernel(gpu, kernel, inputs, 2))]).toEqual([13, 23]);
});
