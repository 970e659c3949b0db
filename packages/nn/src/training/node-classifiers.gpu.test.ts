import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { difference } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { CLASSIFIERS, trainedClassifier } from "../testing/trained-classifiers.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

// The others have no operation that these do not have.
it.each(["GraphSAGE", "GAT of butterflies"] as const)(
  "loss and gradients of %s are those of the reference",
  async (name) => {
    const { graph, inputs } = trainedClassifier(CLASSIFIERS[name]);
    const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
    using model = await DeviceModel.compile(gpu, graph);
    const found = await model.run(inputs);
    for (const [output, right] of Object.entries(expected)) {
      const { error, magnitude } = difference(found[output] as Float32Array, right);
      // Some hundred roundings of numbers of about 1; WGSL allows a few units where the CPU rounds once.
      expect(error).toBeLessThanOrEqual(1000 * 2 ** -23 * Math.max(1, magnitude));
    }
  },
);
