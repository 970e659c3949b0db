import { verify } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { reduceVectorsKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

interface Size {
  groups: number;
  period: number;
  features: number;
  lengths: number[] | null;
  batches: { from: number; to: number };
}

const sizes: Size[] = [
  { groups: 1, period: 1, features: 1, lengths: null, batches: { from: 1, to: 1 } },
  { groups: 5, period: 49, features: 12, lengths: null, batches: { from: 246, to: 6 } },
  // One is empty, and one says that it is longer than it can be.
  { groups: 4, period: 7, features: 9, lengths: [7, 0, 3, 9], batches: { from: 28, to: 4 } },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(
    (["mean", "sum", "max"] as const).flatMap((kind) => sizes.map((size) => ({ ...size, kind }))),
  )("$kind of $groups x $period x $features", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { groups, period, features, lengths, batches, kind } = size;
    const kernel = reduceVectorsKernel({ ...size, lengths: lengths !== null, from, to, dtype });
    const vectors = draw(groups * period * features, dtype).map((value) => -Math.abs(value));
    const lengthOf = (group: number): number => Math.min(lengths?.[group] ?? period, period);
    // What is past a group's length is not to be read.
    const stored = vectors.map((value, index) => {
      const vector = Math.floor(index / features);
      return vector % period < lengthOf(Math.floor(vector / period)) ? value : Number.NaN;
    });
    const inputs = {
      x: lay(stored, features, { batch: batches.from, layout: from }),
      lengths: Uint32Array.from(lengths ?? []),
    };
    const y = await runKernel(gpu, kernel, inputs, batches.to * features);
    const found = lift(y, features, groups, { batch: batches.to, layout: to });
    expect(found.restIsNaN).toBe(true);

    const reference = Float64Array.from({ length: groups * features }, (_, index) => {
      const [group, feature] = [Math.floor(index / features), index % features];
      const values = Array.from(
        { length: lengthOf(group) },
        (_, t) => vectors[(group * period + t) * features + feature] as number,
      );
      if (values.length === 0) return 0;
      if (kind === "max") return Math.max(...values);
      const sum = values.reduce((total, value) => total + value, 0);
      return kind === "mean" ? sum / values.length : sum;
    });
    if (kind === "max") {
      expect(found.vectors).toEqual(Float32Array.from(reference));
      return;
    }
    // All of one sign: the magnitude is that of the sum. A division is within 2.5 ulp.
    const rounding = { dtype, terms: kind === "mean" ? period + 3 : period };
    expect(verify(found.vectors, reference, reference.map(Math.abs), rounding)).toMatchObject({
      ok: true,
    });
  });
});
