import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DeviceModel } from "./backends/gpu/device-model.ts";
import { differences, nonFiniteCases } from "./testing/non-finite.ts";
import { openTestGpu } from "./testing/open-test-gpu.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

describe.each(["batch-last", "batch-first"] as const)("NaN and infinities, %s", (layout) => {
  it.for(nonFiniteCases())("go through $name on a device as in numpy", async (given) => {
    const { graph, inputs, expected } = given;
    using model = await DeviceModel.compile(gpu, graph, { layout });
    const { y } = await model.run(inputs);
    expect(differences(y, expected, FLOAT_FORMATS.f32.epsilon)).toEqual([]);
  });
});
