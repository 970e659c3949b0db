import process from "node:process";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { makeAll, mistakes, sweep } from "@papilio/public-arguments";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deviceCalls } from "./testing/public-calls/device.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

it("measurements take the arguments of the table", async () => {
  await makeAll(deviceCalls(gpu));
});

it("measurements refuse others with a code", async () => {
  // Rates that were not measured are null, and so is the number of a model that is verified as a whole.
  const taken = [
    /^runBenchmark: \[3\]\[rates\] = null$/,
    /^measureModel: \[1\]\[verified\] = null$/,
  ];
  expect(mistakes(await sweep(deviceCalls(gpu)), taken)).toEqual([]);
});
