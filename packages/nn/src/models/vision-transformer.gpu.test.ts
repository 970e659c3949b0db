import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuModel } from "../cpu/cpu-model.ts";
import { DeviceModel } from "../gpu/device-model.ts";
import type { RunOutputs } from "../graph/executable.ts";
import { difference, numbers } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { OnnxRun } from "../testing/run-onnx.ts";
import { VIT_S16_BUTTERFLY, vitS16, vitTiny16 } from "./presets.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const PIXELS = 3 * 224 * 224;

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

  it("gives the same on the CPU, the device and in ONNX Runtime, for one image and for eight", async ({
    skip,
  }) => {
    skip(gpu.report.name.includes("SwiftShader"), "eight images take minutes on this adapter");
    const model = vitS16({ linear: VIT_S16_BUTTERFLY, seed: 2 });
    const images = numbers(8 * PIXELS, 1);
    const whole = model.trace({ images: 8 });
    const expected = await new CpuModel(whole).run({ images });
    using eight = await DeviceModel.compile(gpu, whole);
    expectSame(await eight.run({ images }), expected.logits as Float32Array);
    // Images do not know of one another.
    using one = await DeviceModel.compile(gpu, model.trace({ images: 1 }));
    const first = await one.run({ images: images.subarray(0, PIXELS) });
    expectSame(first, (expected.logits as Float32Array).subarray(0, CLASSES));
    await using onnx = await OnnxRun.of(whole);
    expectSame(await onnx.run({ images }), expected.logits as Float32Array);
  }, 400_000);

  it("gives the CPU's answer for an image on any adapter", async () => {
    // Four of the twelve layers, which take a third of the time.
    const model = vitS16({ linear: VIT_S16_BUTTERFLY, layers: 4, seed: 3 });
    const graph = model.trace({ images: 1 });
    const images = numbers(PIXELS, 2);
    const expected = await new CpuModel(graph).run({ images });
    using device = await DeviceModel.compile(gpu, graph);
    expectSame(await device.run({ images }), expected.logits as Float32Array);
  }, 400_000);
});

const CLASSES = 1000;

/** Sums of up to 768 numbers, a hundred of them one after the other, in float32. */
function expectSame({ logits }: RunOutputs, expected: Float32Array): void {
  const { error, magnitude } = difference(logits as Float32Array, expected);
  expect(magnitude).toBeGreaterThan(0.1);
  expect(error).toBeLessThan(1e-4 * magnitude);
}
