import { verify } from "@papilio/butterfly";
import { windowsOf } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import type { WindowSize } from "../../testing/window-size.ts";
import { foldKernel } from "./kernel.ts";

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
    ...{ images: 2, channels: 3, height: 8, width: 12, kernel: [4, 4], stride: [4, 4] },
    ...{ padding: [0, 0], dilation: [1, 1], spare: [0, 0] },
  },
  // Nothing square, nothing even; some windows lie in the padding whole.
  {
    ...{ images: 3, channels: 2, height: 5, width: 7, kernel: [3, 2], stride: [2, 1] },
    ...{ padding: [1, 3], dilation: [1, 2], spare: [1, 2] },
  },
  // As of a convolution that keeps the size; then pixels that no window has.
  {
    ...{ images: 1, channels: 4, height: 5, width: 5, kernel: [3, 3], stride: [1, 1] },
    ...{ padding: [1, 1], dilation: [1, 1], spare: [0, 0] },
  },
  {
    ...{ images: 1, channels: 1, height: 6, width: 4, kernel: [1, 2], stride: [3, 3] },
    ...{ padding: [0, 0], dilation: [1, 1], spare: [0, 3] },
  },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(
    // Pixels, and images for the first two.
    sizes.flatMap((size, at) => [
      ...(at < 2 ? [{ ...size, source: "image" as const }] : []),
      { ...size, source: "pixels" as const },
    ]),
  )(
    "folds $images x $channels x $height x $width of $source by $kernel",
    async (size, { skip }) => {
      skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
      const { images, channels, height, width, kernel, stride, padding, dilation } = size;
      const [rows, columns] = windowsOf(size);
      const windows = images * rows * columns;
      const isWhole = size.source === "image";
      const pixels = height * width;
      const count = isWhole ? images : images * pixels;
      const features = isWhole ? channels * pixels : channels;
      const batches = { from: windows + size.spare[1], to: count + size.spare[0] };
      const places = kernel[0] * kernel[1];
      const vectors = draw(windows * channels * places, dtype);
      const reference = new Float64Array(count * features);
      const magnitude = new Float64Array(count * features);
      vectors.forEach((number, at) => {
        const [place, channel] = [at % places, Math.floor(at / places) % channels];
        const window = Math.floor(at / places / channels);
        const image = Math.floor(window / rows / columns);
        const i = Math.floor(window / columns) % rows;
        const h = i * stride[0] + Math.floor(place / kernel[1]) * dilation[0] - padding[0];
        const w = (window % columns) * stride[1] + (place % kernel[1]) * dilation[1] - padding[1];
        if (h < 0 || h >= height || w < 0 || w >= width) return;
        const pixel = h * width + w;
        const index = isWhole
          ? (image * channels + channel) * pixels + pixel
          : (image * pixels + pixel) * channels + channel;
        reference[index] = (reference[index] as number) + number;
        magnitude[index] = (magnitude[index] as number) + Math.abs(number);
      });
      const y = await runKernel(
        gpu,
        foldKernel({ ...size, batches, from, to, dtype }),
        { x: lay(vectors, channels * places, { batch: batches.from, layout: from }) },
        batches.to * features,
      );
      const found = lift(y, features, count, { batch: batches.to, layout: to });
      expect(found.restIsNaN).toBe(true);
      const rounding = { dtype, terms: places };
      expect(verify(found.vectors, reference, magnitude, rounding)).toMatchObject({ ok: true });
    },
  );
});
