import { Pattern } from "@papilio/butterfly";
import { type Gpu, prepareKroneckerSparse } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Case } from "./case.ts";
import type { Implementation } from "./implementation.ts";
import { fromMultiplication } from "./implementations/from-multiplication.ts";
import { findImplementation, implementations } from "./implementations/registry.ts";
import { measureCase } from "./measure.ts";
import { runBenchmark } from "./run.ts";
import { resultsOf } from "./testing/results.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

const item: Case = {
  pattern: new Pattern(2, 8, 4, 4),
  batch: 16,
  dtype: "f32",
  layout: "batch-last",
};
const options = { rounds: 3, minSample: 0, seed: 1 };

/** One that scales its values after packing, as a defect in a kernel would. */
const wrong: Implementation = fromMultiplication(
  "wrong",
  "off by one part in a thousand",
  (...args) => {
    const [device, factor, shape] = args;
    factor.values.forEach((value, index) => {
      factor.values[index] = value * 1.001;
    });
    return prepareKroneckerSparse(device, factor, shape);
  },
);

/** One that writes nothing: its output stays as it was. */
const idle: Implementation = {
  name: "idle",
  description: "does nothing",
  prepare: () =>
    Promise.resolve({ bytes: 0, run: () => Promise.resolve(), [Symbol.dispose]: () => undefined }),
};

describe("measuring a case", () => {
  it("verifies and times every implementation, shuffles apart", async () => {
    const { results, verifiedVectors } = await measureCase(gpu, item, implementations, options);
    expect(verifiedVectors).toBe(16);
    expect(results.map(({ status }) => status)).toEqual(implementations.map(() => "timed"));
    for (const entry of results) {
      if (entry.status !== "timed") continue;
      expect(entry.verification.ok).toBe(true);
      expect(entry.timing.coldSeconds).toBeGreaterThan(0);
      expect(entry.timing.wall.length).toBe(3);
      const shuffles = entry.implementation === "bmm" || entry.implementation === "bsr";
      const timestamps = gpu.report.features.timestamps;
      expect(entry.timing.device.length).toBe(timestamps ? 3 : 0);
      expect(entry.timing.rewrite.length).toBe(timestamps && shuffles ? 3 : 0);
    }
  });

  it("catches an implementation that is wrong, and does not time it", async () => {
    const fused = findImplementation("kronecker-sparse");
    const { results } = await measureCase(gpu, item, [fused, idle, wrong], options);
    expect(results.map(({ status }) => status)).toEqual(["timed", "wrong", "wrong"]);
    expect(results[1]).toMatchObject({ verification: { ok: false, nonFinite: 16 * 64 } });
    expect(results[1]).not.toHaveProperty("timing");
  });

  it("skips an implementation that does not fit, with the reason", async () => {
    const large = { ...item, pattern: new Pattern(256, 2, 2, 64), batch: 4 };
    const { results } = await measureCase(gpu, large, [findImplementation("dense")], options);
    expect(results).toMatchObject([
      { status: "skipped", reason: expect.stringMatching(/dense matrix needs 4294967296 bytes/) },
    ]);
  });
});

describe("a run", () => {
  const { environment } = resultsOf([]);
  const fused = [findImplementation("kronecker-sparse")];

  it("skips cases that the device cannot hold, and goes on", async () => {
    const huge = { ...item, batch: 2 ** 31 - 1 };
    const results = await runBenchmark(gpu, [huge, item], fused, environment, options);
    expect(results.complete).toBe(true);
    expect(results.skipped).toMatchObject([{ reason: expect.stringMatching(/binds at most/) }]);
    expect(results.cases.length).toBe(1);
  });

  it("keeps what was measured when it is stopped", async () => {
    const abort = new AbortController();
    const results = await runBenchmark(gpu, [item, item, item], fused, environment, {
      ...options,
      signal: abort.signal,
      onCase: () => abort.abort(),
    });
    expect([results.complete, results.cases.length]).toEqual([false, 1]);
  });
});
