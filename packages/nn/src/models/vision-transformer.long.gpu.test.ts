import { it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { numbers } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { OnnxRun } from "../testing/run-onnx.ts";
import { CLASSES, expectSameLogits, PIXELS } from "../testing/vision-transformer.ts";
import { VIT_S16_BUTTERFLY, vitS16 } from "./presets.ts";

it("ViT-S/16 gives the same on the CPU, the device and in ONNX Runtime, for one image and for eight", async ({
  skip,
}) => {
  using gpu = await openTestGpu();
  skip(gpu.report.name.includes("SwiftShader"), "eight images take minutes on this adapter");
  const model = vitS16({ linear: VIT_S16_BUTTERFLY, seed: 2 });
  const images = numbers(8 * PIXELS, 1);
  const whole = model.trace({ images: 8 });
  const expected = await new CpuModel(whole).run({ images });
  using eight = await DeviceModel.compile(gpu, whole);
  expectSameLogits(await eight.run({ images }), expected.logits as Float32Array);
  // Images do not know of one another.
  using one = await DeviceModel.compile(gpu, model.trace({ images: 1 }));
  const first = await one.run({ images: images.subarray(0, PIXELS) });
  expectSameLogits(first, (expected.logits as Float32Array).subarray(0, CLASSES));
  await using onnx = await OnnxRun.of(whole);
  expectSameLogits(await onnx.run({ images }), expected.logits as Float32Array);
});
