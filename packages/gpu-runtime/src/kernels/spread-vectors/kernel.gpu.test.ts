import { verify } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { spreadVectorsKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const sizes = [
  { groups: 1, period: 1, features: 1, batches: { from: 1, to: 1 }, lengths: false },
  { groups: 3, period: 5, features: 7, batches: { from: 4, to: 17 }, lengths: true },
  { groups: 2, period: 9, features: 8, batches: { from: 2, to: 18 }, lengths: false },
];

/** The first of the numbers that is the largest, or the first that is NaN. */
function firstLargest(numbers: readonly number[]): number {
  const nan = numbers.findIndex(Number.isNaN);
  return nan >= 0 ? nan : numbers.indexOf(Math.max(...numbers));
}

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(
    (["sum", "mean", "max"] as const).flatMap((kind) => sizes.map((size) => ({ ...size, kind }))),
  )("$kind of $groups x $period x $features, lengths: $lengths", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { groups, period, features, batches, kind } = size;
    const dy = draw(groups * features, dtype);
    // Few different numbers, of which several are the largest.
    const x = draw(groups * period * features, dtype, 8).map((number) => Math.round(3 * number));
    if (x.length > 9) x[4] = Number.NaN;
    const lengths = Uint32Array.from({ length: groups }, (_, group) =>
      size.lengths ? (group * 2) % (period + 1) : period,
    );
    const reference = Float64Array.from(x, (_, at) => {
      const [vector, feature] = [Math.floor(at / features), at % features];
      const [group, index] = [Math.floor(vector / period), vector % period];
      const length = lengths[group] as number;
      const number = dy[group * features + feature] as number;
      if (index >= length) return 0;
      if (kind !== "max") return number / (kind === "mean" ? length : 1);
      const numbers = Array.from(
        { length },
        (_, place) => x[(group * period + place) * features + feature] as number,
      );
      return firstLargest(numbers) === index ? number : 0;
    });
    const ofX = { layout: from, batch: groups * period + 1 };
    const inputs = {
      dy: lay(dy, features, { batch: batches.from, layout: from }),
      x: lay(x, features, ofX),
      lengths,
    };
    const kernel = spreadVectorsKernel({ ...size, from, to, dtype, x: ofX });
    const y = await runKernel(gpu, kernel, inputs, batches.to * features);
    const found = lift(y, features, groups * period, { batch: batches.to, layout: to });
    expect(found.restIsNaN).toBe(true);
    // Up to 2.5 ulp of the division.
    const rounding = { dtype, terms: kind === "mean" ? 3 : 1 };
    expect(verify(found.vectors, reference, reference.map(Math.abs), rounding)).toMatchObject({
      ok: true,
    });
  });
});
