import { Chain } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Implementation } from "../implementations/implementation.ts";
import { fewBitsImplementations } from "../implementations/registry.ts";
import { measureCase } from "./measure.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

it("products of bipolar numbers on the adapter are verified and timed", async () => {
  const onAdapter = fewBitsImplementations.filter(({ processor }) => processor !== "cpu");
  const [first, last] = [onAdapter[0], onAdapter.at(-1)] as [Implementation, Implementation];
  const form = { batch: 5, dtype: "f32", layout: "batch-last" } as const;
  const item = { ...form, chain: Chain.parse("2,7,40,3") };
  const { results } = await measureCase(gpu, item, [first, last], { rounds: 1, minSample: 0 });
  for (const result of results) {
    expect(result).toMatchObject({ status: "timed", roundingError: expect.any(Number) });
  }
});

it("products by weights of few bits on the adapter are verified, of any number of vectors", async () => {
  const weights = fewBitsImplementations.filter(({ name }) => name === "q8" || name === "q3");
  for (const [pattern, batch] of [
    ["2,7,40,3", 5],
    ["1,40,72,1", 1],
  ] as const) {
    const item = {
      batch,
      dtype: "f32",
      layout: "batch-first",
      chain: Chain.parse(pattern),
    } as const;
    const { results } = await measureCase(gpu, item, weights, { rounds: 1, minSample: 0 });
    expect(results).toHaveLength(2);
    for (const [at, result] of results.entries()) {
      if (result.status !== "timed") throw new Error(JSON.stringify(result));
      const most = result.implementation === "q8" ? 0.02 : 0.3;
      expect(result.roundingError, `${at}`).toBeLessThan(most);
      expect(result.roundingError).toBeGreaterThan(most / 20);
      expect(result.bytes).toBeGreaterThan(0);
      expect(result.traffic).toBeDefined();
    }
  }
});
