import { windowsOf } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, STORAGES } from "../../testing/vectors-in-memory.ts";
import type { WindowSize } from "../../testing/window-size.ts";
import { unfoldKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

interface Size extends WindowSize {
  readonly dilation: readonly [number, number];
}

const sizes: Size[] = [
  // Patches of a vision transformer.
  {
    images: 2,
    channels: 3,
    height: 8,
    width: 12,
    kernel: [4, 4],
    stride: [4, 4],
    padding: [0, 0],
    dilation: [1, 1],
    spare: [0, 0],
  },
  // Nothing square, nothing even; some windows lie in the padding whole.
  {
    images: 3,
    channels: 2,
    height: 5,
    width: 7,
    kernel: [3, 2],
    stride: [2, 1],
    padding: [1, 3],
    dilation: [1, 2],
    spare: [2, 1],
  },
  {
    images: 1,
    channels: 1,
    height: 1,
    width: 1,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0],
    dilation: [1, 1],
    spare: [3, 0],
  },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(
    sizes.flatMap((size) => [
      { ...size, source: "image" as const },
      { ...size, source: "pixels" as const },
    ]),
  )(
    "unfolds $images x $channels x $height x $width of $source by $kernel",
    async (size, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const { images, channels, height, width, source, spare } = size;
      const [rows, columns] = windowsOf(size);
      const count = images * rows * columns;
      const inputs = source === "image" ? images : images * height * width;
      const batches = { from: inputs + spare[0], to: count + spare[1] };
      const features = channels * size.kernel[0] * size.kernel[1];
      // In PyTorch's order: images, channels, height, width.
      const pixels = draw(images * channels * height * width, dtype);
      const vectors = source === "image" ? pixels : channelsLast(pixels, size);
      const inputFeatures = source === "image" ? channels * height * width : channels;
      const y = await runKernel(
        gpu,
        unfoldKernel({ ...size, batches, from, to, dtype }),
        { x: lay(vectors, inputFeatures, { batch: batches.from, layout: from }) },
        batches.to * features,
      );
      const unfolded = unfold(pixels, size, [rows, columns]);
      expect(y).toEqual(lay(unfolded, features, { batch: batches.to, layout: to }));
    },
  );
});

function channelsLast(pixels: Float32Array, { images, channels, height, width }: Size) {
  const area = height * width;
  const vectors = new Float32Array(pixels.length);
  for (let image = 0; image < images; image++) {
    for (let c = 0; c < channels; c++) {
      for (let at = 0; at < area; at++) {
        const value = pixels[(image * channels + c) * area + at] as number;
        vectors[(image * area + at) * channels + c] = value;
      }
    }
  }
  return vectors;
}

function unfold(pixels: Float32Array, size: Size, [rows, columns]: readonly [number, number]) {
  const { images, channels, height, width, kernel, stride, padding, dilation } = size;
  const values: number[] = [];
  for (let image = 0; image < images; image++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (let c = 0; c < channels; c++) {
          for (let p = 0; p < kernel[0]; p++) {
            for (let q = 0; q < kernel[1]; q++) {
              const h = i * stride[0] - padding[0] + p * dilation[0];
              const w = j * stride[1] - padding[1] + q * dilation[1];
              const inside = h >= 0 && h < height && w >= 0 && w < width;
              const at = ((image * channels + c) * height + h) * width + w;
              values.push(inside ? (pixels[at] as number) : 0);
            }
          }
        }
      }
    }
  }
  return Float32Array.from(values);
}
