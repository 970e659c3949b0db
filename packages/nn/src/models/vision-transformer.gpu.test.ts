import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { numbers } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { expectSameLogits, PIXELS } from "../testing/vision-transformer.ts";
import { VIT_S16_BUTTERFLY, vitS16, vitTiny16 } from "./presets.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

describe("ViT-S/16", () => {
  it("has as many parameters as the published model, and fewer with the paper's replacements", () => {
    expect(vitS16().parameterCount).toBe(22_050_664);
    expect(vitTiny16().parameterCount).toBe(5_717_416);
    const dense = 12 * (4 * 384 * 384 + 2 * 384 * 1536);
    const projection = 2 * 48 * 192 + 192 * 48 * 2;
    const ffn = 768 * 192 * 2 + 6 * 64 * 64 + 128 * 128 * 3 + 6 * 64 * 256;
    expect(vitS16({ linear: VIT_S16_BUTTERFLY }).parameterCount).toBe(
      22_050_664 - dense + 12 * (4 * projection + ffn),
    );
  });

  it("gives the CPU's answer for an image on any adapter", async () => {
    // One of the twelve layers, of a quarter of the patches; the long tests have them all.
    const model = vitS16({ linear: VIT_S16_BUTTERFLY, layers: 1, imageSize: 112, seed: 3 });
    const graph = model.trace({ images: 1 });
    const images = numbers(PIXELS / 4, 2);
    const expected = await new CpuModel(graph).run({ images });
    using device = await DeviceModel.compile(gpu, graph);
    expectSameLogits(await device.run({ images }), expected.logits as Float32Array);
  });
});
