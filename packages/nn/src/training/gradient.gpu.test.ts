import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { solveGradient } from "../testing/central-differences.ts";
import { difference } from "../testing/draw.ts";
import { GRADIENT_CASES } from "../testing/gradient-cases.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { SPARSE_GRADIENT_CASES } from "../testing/sparse-gradient-cases.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const { epsilon } = FLOAT_FORMATS.f32;

it.each(Object.entries({ ...GRADIENT_CASES, ...SPARSE_GRADIENT_CASES }))(
  "the gradient of %s is that of the reference",
  async (_, make) => {
    const shape = { vectors: 18, features: 12 };
    const { graph, inputs, expected, terms } = solveGradient((graph) => make(graph, shape));
    using model = await DeviceModel.compile(gpu, graph);
    const found = await model.run(inputs);
    for (const [name, right] of Object.entries(expected)) {
      const { error, magnitude } = difference(found[name] as Float32Array, right);
      // WGSL allows a few units in the last place where the CPU rounds once.
      expect(error).toBeLessThanOrEqual(4 * terms * epsilon * Math.max(1, magnitude));
    }
  },
);
