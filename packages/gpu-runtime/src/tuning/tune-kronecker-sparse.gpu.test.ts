import { KroneckerSparse, LAYOUTS, Pattern } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { kroneckerSparseVariants } from "../kernels/kronecker-sparse/candidates.ts";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { runCase } from "../testing/run-case.ts";
import type { Trial } from "./autotune.ts";
import { MemoryTuningCache } from "./cache.ts";
import { tuneKroneckerSparse } from "./tune-kronecker-sparse.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const pattern = new Pattern(3, 12, 8, 4);

describe.each(LAYOUTS)("tuning the fused kernel for %s", (layout) => {
  const shape = { batch: 20, layout, dtype: "f32" } as const;

  it("finds a candidate that is correct, keeps it, and no memory", async () => {
    const options = { cache: new MemoryTuningCache(), timeLimitSeconds: 2 };
    const before = gpu.memory.statistics.inUse;
    const { best, from, trials } = await tuneKroneckerSparse(gpu, pattern, shape, options);
    expect(gpu.memory.statistics.inUse).toBe(before);
    expect(from).toBe("measurement");
    // Each is a valid variant of a correct kernel.
    expect(trials.filter(({ outcome }) => outcome === "disqualified")).toEqual([]);
    expect(kroneckerSparseVariants(gpu.report, { pattern, ...shape })).toContainEqual(best);
    const factor = KroneckerSparse.random(pattern, { seed: 4 });
    const found = await runCase(gpu, factor, shape, (stored) =>
      prepareKroneckerSparse(gpu, stored, shape, { variant: best }),
    );
    expect(found).toMatchObject({ ok: true, nonFinite: 0 });

    const again = await tuneKroneckerSparse(gpu, pattern, shape, options);
    expect(again).toEqual({ best, from: "cache", trials: [] });
  });
});

it("gives all memory back when it is aborted", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const before = gpu.memory.statistics.inUse;
  const shape = { batch: 20, layout: "batch-last", dtype: "f32" } as const;
  const aborted = tuneKroneckerSparse(gpu, pattern, shape, {
    signal: controller.signal,
    onTrial: () => controller.abort(reason),
  });
  await expect(aborted).rejects.toBe(reason);
  expect(gpu.memory.statistics.inUse).toBe(before);
});

it("measures the default when there is no time", async () => {
  const trials: Trial[] = [];
  const shape = { batch: 20, layout: "batch-last", dtype: "f32" } as const;
  const { best } = await tuneKroneckerSparse(gpu, pattern, shape, {
    timeLimitSeconds: 0,
    onTrial: (trial) => trials.push(trial),
  });
  expect(best).toEqual(kroneckerSparseVariants(gpu.report, { pattern, ...shape })[0]);
  expect(trials).toMatchObject([{ outcome: "measured", reason: null }]);
});
