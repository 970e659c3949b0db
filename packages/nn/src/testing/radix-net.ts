import type { PermutedButterfly } from "@papilio/butterfly";
import { expect } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import type { RunOutputs } from "../graph/executable.ts";
import { asPermutedFactor, SparseNetwork } from "../models/sparse-network.ts";
import { openTestGpu } from "./open-test-gpu.ts";
import { radixNet } from "./test-data.ts";

/**
 * Expects the published categories of RadiX-Net, five layers of which are Kronecker-sparse, on the CPU
 * and on a device.
 *
 * @param from the first of the images that are tried
 * @param to the image after the last of them; all 1200 have a published sum, which is checked too
 */
export async function expectRadixNet(from = 0, to = 1200): Promise<void> {
  const { layers, images: all, vectors: count, bias, clip, categories, sum } = radixNet();
  const vectors = to - from;
  const images = all.subarray(from * 1024, to * 1024);
  const expected = categories.filter((image) => image >= from && image < to);
  expect(expected).not.toEqual([]);
  const structured = [6, 12, 18, 24, 30];
  const found = layers.map((layer) => asPermutedFactor(layer));
  expect(found.flatMap((factor, index) => (factor === undefined ? [] : [index + 1]))).toEqual(
    structured,
  );
  for (const number of structured) {
    const factor = found[number - 1] as PermutedButterfly;
    expect(factor.matrix.chain.toString()).toBe("1,32,32,32");
    // The sixth needs no permutation, all others do.
    expect(factor.left === undefined && factor.right === undefined).toBe(number === 6);
  }
  const network = new SparseNetwork({
    layers: layers.map((layer, index) => found[index] ?? layer),
    bias,
    upper: clip,
  });
  const graph = network.trace({ vectors });
  const alive = ({ y }: RunOutputs): number[] =>
    Array.from({ length: vectors }, (_, image) => image)
      .filter((image) => y?.subarray(image * 1024, (image + 1) * 1024).some((value) => value > 0))
      .map((image) => from + image);
  const onCpu = await new CpuModel(graph).run({ x: images });
  expect(alive(onCpu)).toEqual(expected);
  if (vectors === count) {
    expect(onCpu.y?.reduce((total, value) => total + value, 0)).toBe(sum);
  }

  using gpu = await openTestGpu();
  using model = await DeviceModel.compile(gpu, graph);
  const onDevice = await model.run({ x: images });
  expect(alive(onDevice)).toEqual(expected);
  // Sums of a few multiples of 1/16 are exact; the bias is rounded alike.
  expect(onDevice.y).toEqual(onCpu.y);
}
