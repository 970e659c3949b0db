import type { Gpu } from "@papilio/gpu-runtime";
import { makeAll, mistakes, sweep } from "@papilio/public-arguments";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DeviceModel } from "./backends/gpu/device-model.ts";
import { openTestGpu } from "./testing/open-test-gpu.ts";
import { deviceCalls } from "./testing/public-calls/device.ts";
import { smallGraph } from "./testing/public-calls/graph.ts";

let gpu: Gpu;
let model: DeviceModel;
beforeAll(async () => {
  gpu = await openTestGpu();
  model = await DeviceModel.compile(gpu, smallGraph());
});
afterAll(() => {
  model.dispose();
  gpu.dispose();
});

it("public functions with a device take the arguments of the table", async () => {
  await makeAll(deviceCalls(gpu, model));
});

it("public functions with a device refuse others with a code", async () => {
  expect(mistakes(await sweep(deviceCalls(gpu, model)))).toEqual([]);
});
