import { verify } from "@papilio/butterfly";
import { windowsOf } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { draw, lay, lift, STORAGES } from "../../testing/vectors-in-memory.ts";
import type { WindowSize } from "../../testing/window-size.ts";
import { poolKernel } from "./kernel.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const sizes: WindowSize[] = [
  // As after the first convolution of a ResNet.
  {
    images: 2,
    channels: 8,
    height: 7,
    width: 6,
    kernel: [3, 3],
    stride: [2, 2],
    padding: [1, 1],
    spare: [0, 0],
  },
  // The last row and the last column are in no window.
  {
    images: 3,
    channels: 5,
    height: 6,
    width: 8,
    kernel: [2, 3],
    stride: [3, 2],
    padding: [0, 1],
    spare: [1, 2],
  },
  {
    images: 1,
    channels: 6,
    height: 4,
    width: 4,
    kernel: [4, 4],
    stride: [1, 1],
    padding: [0, 2],
    spare: [0, 1],
  },
];

describe.each(STORAGES)("from $from to $to in $dtype", ({ from, to, dtype }) => {
  it.for(
    sizes.flatMap((size) => [
      { ...size, kind: "max" as const },
      { ...size, kind: "average" as const },
    ]),
  )("$kind of $images x $channels x $height x $width by $kernel", async (size, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const { images, channels, height, width, kernel, spare, kind } = size;
    const [rows, columns] = windowsOf(size);
    const count = images * rows * columns;
    const inputs = images * height * width;
    const batches = { from: inputs + spare[0], to: count + spare[1] };
    // Below zero, so that a maximum with the padding would show.
    const vectors = draw(inputs * channels, dtype).map((value) => -Math.abs(value));
    const y = await runKernel(
      gpu,
      poolKernel({ ...size, batches, from, to, dtype }),
      { x: lay(vectors, channels, { batch: batches.from, layout: from }) },
      batches.to * channels,
    );
    const found = lift(y, channels, count, { batch: batches.to, layout: to });
    expect(found.restIsNaN).toBe(true);
    const windows = windowValues(vectors, size, [rows, columns]);
    if (kind === "max") {
      expect(found.vectors).toEqual(Float32Array.from(windows, (values) => Math.max(...values)));
      return;
    }
    const area = kernel[0] * kernel[1];
    const reference = Float64Array.from(
      windows,
      (values) => values.reduce((sum, value) => sum + value, 0) / area,
    );
    // The sum, and up to 2.5 ulp of the division.
    const rounding = { dtype, terms: area + 3 };
    expect(verify(found.vectors, reference, reference.map(Math.abs), rounding)).toMatchObject({
      ok: true,
    });
  });
});

/** For each number of the output, those of its window that lie in the image. */
function windowValues(
  vectors: Float32Array,
  { images, channels, height, width, kernel, stride, padding }: WindowSize,
  [rows, columns]: readonly [number, number],
): number[][] {
  const outputs: number[][] = [];
  for (let image = 0; image < images; image++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (let c = 0; c < channels; c++) {
          const values: number[] = [];
          for (let p = 0; p < kernel[0]; p++) {
            for (let q = 0; q < kernel[1]; q++) {
              const h = i * stride[0] - padding[0] + p;
              const w = j * stride[1] - padding[1] + q;
              if (h < 0 || h >= height || w < 0 || w >= width) continue;
              values.push(vectors[((image * height + h) * width + w) * channels + c] as number);
            }
          }
          outputs.push(values);
        }
      }
    }
  }
  return outputs;
}
