import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { adapterFixture } from "../testing/adapter-fixtures.ts";
import { firstWrong, liveLayers } from "../testing/live-adapters.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

it.each([
  "gpt2-16/peft-lora",
  "vit-8/peft-dora",
  "bert-8/lycoris-loha",
  "llama-16/peft-lokr",
  "gpt2-16/lycoris-lokr",
  "llama-8/peft-oft",
  "gpt2-16/peft-boft",
  "bert-8/lycoris-boft",
])("%s gives on a device what numpy's weights give, within the bound", async (name) => {
  const layers = liveLayers(adapterFixture(name));
  using model = await DeviceModel.compile(gpu, layers.graph);
  expect(firstWrong(layers, await model.run(layers.inputs))).toBe(undefined);
});
