import { expect, it, vi } from "vitest";
import type { AdapterReport } from "../device/report.ts";
import { MemoryTuningCache, type TuningCache } from "./cache.ts";
import { shapeClass, tuningKey } from "./key.ts";
import { type TuneOptions, type TuneTask, type TuningHarness, tune } from "./tune.ts";

const report = {
  name: "adapter",
  vendor: "vendor",
  architecture: "architecture",
  driver: "driver 1",
  kind: "hardware",
  embedded: false,
  features: { f16: true, subgroups: { min: 32, max: 32 }, timestamps: true },
  limits: {
    maxBufferSize: 2 ** 28,
    maxStorageBufferBindingSize: 2 ** 27,
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  passedOver: [],
} as const satisfies AdapterReport;

/** Seconds that each candidate takes; the value is its place. */
function task(seconds: Readonly<Record<string, number>>, what = "task"): TuneTask<number> {
  const entries = Object.entries(seconds);
  return {
    what,
    candidates: entries.map(([name], value) => ({ name, value })),
    open: () => ({
      prepare: (value) =>
        Promise.resolve({
          verify: () => Promise.resolve(undefined),
          sample: () => Promise.resolve(entries[value]?.[1] as number),
          [Symbol.dispose]: () => {},
        }),
      [Symbol.dispose]: () => {},
    }),
  };
}

function failing(): TuningHarness<number> {
  return {
    prepare: () => Promise.reject(new Error("no device")),
    [Symbol.dispose]: () => {},
  };
}

function run(work: TuneTask<number>, options: TuneOptions, changed: Partial<AdapterReport> = {}) {
  return tune({ report: { ...report, ...changed }, assertReady: () => {} }, work, options);
}

it("measures without a cache, every time", async () => {
  for (let time = 0; time < 2; time++) {
    const tuned = await run(task({ default: 2, fast: 1 }), {});
    expect(tuned).toMatchObject({ best: 1, from: "measurement" });
    expect(tuned.trials).toHaveLength(2);
  }
});

it("answers from the cache what was measured before", async () => {
  const cache = new MemoryTuningCache();
  await run(task({ default: 2, fast: 1 }), { cache });
  // Other times by now, but nobody looks.
  const tuned = await run(task({ default: 1, fast: 2 }), { cache });
  expect(tuned).toEqual({ best: 1, from: "cache", trials: [] });
});

it.each<[string, Partial<AdapterReport>, string?]>([
  ["another adapter", { name: "other" }],
  ["another driver", { driver: "driver 2" }],
  ["other features", { features: { ...report.features, f16: false } }],
  ["other limits", { limits: { ...report.limits, maxComputeWorkgroupStorageSize: 32768 } }],
  ["another task", {}, "other task"],
])("does not use the cache of %s", async (_, changed, what = "task") => {
  const cache = new MemoryTuningCache();
  await run(task({ default: 2, fast: 1 }), { cache });
  const tuned = await run(task({ default: 1, fast: 2 }, what), { cache }, changed);
  expect(tuned).toMatchObject({ best: 0, from: "measurement" });
});

it("does not use the cache of another version", async () => {
  const key = tuningKey({ report }, "task");
  const cache = new MemoryTuningCache();
  await cache.set({ ...key, version: "other" }, { winner: "fast", cutAfter: null });
  expect(await run(task({ default: 1, fast: 2 }), { cache })).toMatchObject({
    from: "measurement",
  });
  await cache.set(key, { winner: "fast", cutAfter: null });
  expect(await run(task({ default: 1, fast: 2 }), { cache })).toMatchObject({ from: "cache" });
});

it.each([
  ["nothing", undefined],
  ["null", null],
  ["a text", "fast"],
  ["a winner that is not a candidate today", { winner: "gone", cutAfter: null }],
  ["a winner that is not a name", { winner: { name: "fast" }, cutAfter: null }],
  ["a limit that is not a number", { winner: "fast", cutAfter: "never" }],
  ["a name of every object", { winner: "constructor", cutAfter: null }],
])("measures when the cache answers %s, and keeps the result", async (_, answer) => {
  const set = vi.fn(() => Promise.resolve());
  const cache: TuningCache = { get: () => Promise.resolve(answer), set };
  expect(await run(task({ default: 1, fast: 2 }), { cache })).toMatchObject({
    best: 0,
    from: "measurement",
  });
  expect(set).toHaveBeenCalledExactlyOnceWith(tuningKey({ report }, "task"), {
    winner: "default",
    cutAfter: null,
  });
});

it("uses the result of a measurement cut short only where there is no more time", async () => {
  const cache = new MemoryTuningCache();
  const cut = await run(task({ default: 2, fast: 1 }), { cache, timeLimitSeconds: 0 });
  expect(cut).toMatchObject({ best: 0, from: "measurement" });
  expect(await run(task({ default: 2, fast: 1 }), { cache, timeLimitSeconds: 0 })).toMatchObject({
    best: 0,
    from: "cache",
  });
  expect(await run(task({ default: 2, fast: 1 }), { cache })).toMatchObject({
    best: 1,
    from: "measurement",
  });
});

it("tunes although the cache fails, and says so", async () => {
  const errors: unknown[] = [];
  const unreadable = new Error("cannot be read");
  const unwritable = new Error("cannot be written");
  const cache: TuningCache = {
    get: () => Promise.reject(unreadable),
    set: () => Promise.reject(unwritable),
  };
  const work = task({ default: 2, fast: 1 });
  const onCacheError = (error: unknown): number => errors.push(error);
  expect(await run(work, { cache, onCacheError })).toMatchObject({ best: 1 });
  expect(errors).toEqual([unreadable, unwritable]);
  expect(await run(work, { cache })).toMatchObject({ best: 1 });
});

it.each([
  ["a candidate was measured", task({ default: 1 })],
  ["all failed", { ...task({ default: 1 }), open: failing }],
])("reports a device that was lost when %s, and keeps nothing", async (_, work) => {
  const cache = new MemoryTuningCache();
  const lost = new Error("lost");
  const assertReady = vi
    .fn()
    .mockImplementationOnce(() => {})
    .mockImplementation(() => {
      throw lost;
    });
  await expect(tune({ report, assertReady }, work, { cache })).rejects.toBe(lost);
  expect(await cache.get(tuningKey({ report }, "task"))).toBeUndefined();
});

it.each([-1, Number.NaN])("refuses a time limit of %d seconds", async (timeLimitSeconds) => {
  await expect(run(task({ default: 1 }), { timeLimitSeconds })).rejects.toMatchObject({
    code: "TUNING_TIME_LIMIT",
  });
});

it.each([
  [1, "batch 1 by 1"],
  [2, "batch 2 by 2"],
  [3, "batch 3-4 by 1"],
  [64, "batch 33-64 by 4"],
  [65, "batch 65-128 by 1"],
  [128, "batch 65-128 by 4"],
  [25_088, "batch 16385-32768 by 4"],
])("classes a batch of %i as %s", (batch, expected) => {
  const shape = { batch, layout: "batch-last", dtype: "f16" } as const;
  expect(shapeClass(shape)).toBe(`f16 batch-last ${expected}`);
});
