import type { PermutedButterfly } from "@papilio/butterfly";
import { expect, it } from "vitest";
import { CpuModel } from "../cpu/cpu-model.ts";
import { DeviceModel } from "../gpu/device-model.ts";
import type { RunOutputs } from "../graph/executable.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { radixNet } from "../testing/test-data.ts";
import { asPermutedFactor, SparseNetwork } from "./sparse-network.ts";

it("finds the published categories of RadiX-Net, five layers of which are Kronecker-sparse", async () => {
  const { layers, images, vectors, bias, clip, categories, sum } = radixNet();
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
    Array.from({ length: vectors }, (_, image) => image).filter((image) =>
      y?.subarray(image * 1024, (image + 1) * 1024).some((value) => value > 0),
    );
  const onCpu = await new CpuModel(graph).run({ x: images });
  expect(alive(onCpu)).toEqual(categories);
  expect(onCpu.y?.reduce((total, value) => total + value, 0)).toBe(sum);

  using gpu = await openTestGpu();
  using model = await DeviceModel.compile(gpu, graph);
  const onDevice = await model.run({ x: images });
  expect(alive(onDevice)).toEqual(categories);
  // Sums of a few multiples of 1/16 are exact; the bias is rounded alike.
  expect(onDevice.y).toEqual(onCpu.y);
});
