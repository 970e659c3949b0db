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
