import { Pattern } from "@papilio/butterfly";
import { type Gpu, openGpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { TextGenerator } from "../generation/text-generator.ts";
import { Graph } from "../graph/graph.ts";
import { monarch } from "../layers/butterfly-linear.ts";
import { KroneckerSparseLinear } from "../layers/kronecker-sparse-linear.ts";
import { Llama } from "../models/llama.ts";
import { VisionTransformer } from "../models/vision-transformer.ts";
import { difference, inputsFor } from "../testing/draw.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.dispose());

async function expectSame(graph: Graph): Promise<void> {
  const inputs = inputsFor(graph, 3);
  const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
  using onDevice = await DeviceModel.compile(gpu, graph);
  using onCpu = new CpuModel(graph, { kernels: "wasm" });
  for (const model of [onDevice, onCpu]) {
    const outputs = await model.run(inputs);
    for (const [name, numbers] of Object.entries(expected)) {
      const { error, magnitude } = difference(outputs[name] as Float32Array, numbers);
      expect(magnitude).toBeGreaterThan(0);
      expect(error).toBeLessThan(1e-5 * Math.max(1, magnitude));
    }
  }
}

describe("in a browser", () => {
  it("a linear layer gives the float64 answer", async () => {
    const layer = new KroneckerSparseLinear({ weight: Pattern.parse("2,12,10,3"), seed: 4 });
    const graph = new Graph();
    const x = graph.input("x", { vectors: 7, features: layer.inFeatures });
    graph.output("y", layer.forward(x));
    await expectSame(graph);
  });

  it("a vision transformer gives the float64 answer", async () => {
    const linear = { projection: monarch(), ffn: monarch() };
    const model = new VisionTransformer({
      imageSize: 16,
      patchSize: 4,
      classes: 6,
      features: 16,
      layers: 2,
      heads: 2,
      linear,
    });
    await expectSame(model.trace({ images: 2 }));
  });

  it("a language model writes what it writes on the CPU", async () => {
    const model = new Llama({
      vocabulary: 40,
      features: 16,
      hidden: 24,
      layers: 2,
      heads: 4,
      keyValueHeads: 2,
      positions: 32,
      seed: 2,
    });
    using onDevice = await TextGenerator.onDevice(gpu, model, { chunk: 4 });
    using onCpu = TextGenerator.onCpu(model);
    const idsOf = async (generator: TextGenerator): Promise<number[]> => {
      const ids: number[] = [];
      for await (const { id } of generator.generate([3, 1, 4, 1, 5], { maxTokens: 8 }))
        ids.push(id);
      return ids;
    };
    expect(await idsOf(onDevice)).toEqual(await idsOf(onCpu));
  });
});
