import { dropoutKeeps } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { expectStored } from "../../testing/expect-stored.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { EPSILON } from "../../testing/row-wise.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import { dropoutKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for([
    [0.5, 0, 0],
    [0.1, 7, 2 ** 32 - 1],
    [0, 1, 5],
  ] as const)("is the mask of the reference, rate %f", async ([rate, stream, seed], { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const [count, batch, features] = [33, 36, 10];
    const x = draw(count * features, dtype);
    const keeps = dropoutKeeps({ rate, stream }, seed);
    const kernel = dropoutKernel({ batch, features, from, to, dtype, rate, stream });
    const inputs = { x: lay(x, features, { batch, layout: from }), seed: Uint32Array.of(seed) };
    const y = await runKernel(gpu, kernel, inputs, batch * features);
    const found = lift(y, features, count, { batch, layout: to }).vectors;
    const right = Array.from(x, (number, at) => (keeps(at) ? number / (1 - rate) : 0));
    expectStored(found, right, (at) => 2 * EPSILON * Math.abs(right[at] as number), dtype);
  });
});

it("refuses what makes no sense", () => {
  const refused = expect.objectContaining({ code: "KERNEL_PROBLEM" });
  for (const wrong of [{ rate: 1 }, { stream: -1 }, { batch: 0 }]) {
    const storage = { from: "batch-first", to: "batch-last", dtype: "f32" } as const;
    const problem = { ...storage, batch: 2, features: 3, rate: 0.5, stream: 0, ...wrong };
    expect(() => dropoutKernel(problem)).toThrow(refused);
  }
});
