import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import type { RunInputs } from "../../graph/executable.ts";
import type { Graph } from "../../graph/graph.ts";
import { ButterflyLinear, dyadic, monarch } from "../../layers/butterfly-linear.ts";
import type { LinearFactory } from "../../layers/linear-layer.ts";
import { Gpt2 } from "../../models/gpt2.ts";
import { Llama } from "../../models/llama.ts";
import { GAT, GCN, GraphSAGE } from "../../models/node-classifiers.ts";
import { SentenceEncoder } from "../../models/sentence-encoder.ts";
import { VisionTransformer } from "../../models/vision-transformer.ts";
import { difference, numbers } from "../../testing/draw.ts";
import { OnnxRun } from "../../testing/run-onnx.ts";
import { karate } from "../../testing/test-data.ts";
import { CpuModel } from "../cpu/cpu-model.ts";

/**
 * Runs of a graph in ONNX Runtime and on the CPU, one after the other. How far rounding between
 * operations alone takes the CPU's answer from that in float64 says how sensitive a model is; where sums
 * of `terms` numbers round with each of them, it is so much more.
 */
async function expectAgreement(
  graph: Graph,
  runs: readonly RunInputs[],
  terms: number,
): Promise<void> {
  const reference = new CpuModel(graph, { precision: "float64" });
  const rounded = new CpuModel(graph);
  await using onnx = await OnnxRun.of(graph);
  for (const inputs of runs) {
    const expected = reference.runNow(inputs);
    const sensitivity = rounded.runNow(inputs);
    const actual = await onnx.run(inputs);
    expect(Object.keys(actual)).toEqual([...graph.outputs.keys()]);
    for (const [name, numbersOf] of Object.entries(expected)) {
      const { error } = difference(actual[name] as Float32Array, numbersOf);
      const once = difference(sensitivity[name] as Float32Array, numbersOf);
      expect(once.error).toBeLessThan(1e-4 * once.magnitude);
      expect(error, name).toBeLessThanOrEqual(terms * once.error);
    }
  }
}

/** Two butterflies between permutations, padded and cut: everything that a layer can be. */
const permuted: LinearFactory = (shape) => {
  const size = 2 ** Math.ceil(Math.log2(Math.max(shape.inFeatures, shape.outFeatures) + 1));
  const reversed = Uint32Array.from({ length: size }, (_, index) => size - 1 - index);
  return new ButterflyLinear({
    ...shape,
    weight: Chain.squareDyadic(size),
    right: reversed,
    left: reversed,
  });
};

describe("a vision transformer in ONNX Runtime", { timeout: 60_000 }, () => {
  const layers: Readonly<Record<string, LinearFactory | undefined>> = {
    dense: undefined,
    monarch: monarch(),
    dyadic,
    permuted,
  };

  it.each(Object.entries(layers))("with %s layers", async (_, linear) => {
    const model = new VisionTransformer({
      imageSize: 32,
      patchSize: 8,
      classes: 10,
      features: 48,
      layers: 3,
      heads: 4,
      seed: 1,
      ...(linear && { linear: { projection: linear, ffn: linear } }),
    });
    const graph = model.trace({ images: 2 });
    await expectAgreement(graph, [{ images: numbers(2 * 3 * 32 * 32, 3) }], 4 * 48);
  });
});

describe("a language model in ONNX Runtime", { timeout: 60_000 }, () => {
  const llama = new Llama({
    vocabulary: 40,
    features: 32,
    hidden: 56,
    layers: 2,
    heads: 4,
    keyValueHeads: 2,
    positions: 12,
    seed: 2,
    linear: { projection: monarch(), ffn: monarch() },
  });
  const gpt2 = new Gpt2({
    vocabulary: 40,
    features: 32,
    layers: 2,
    heads: 4,
    positions: 12,
    seed: 3,
  });

  it.each(Object.entries({ llama, gpt2 }))("%s, whole sequences", async (_, model) => {
    const ids = Uint32Array.from({ length: 14 }, (_, index) => (index * 11) % 40);
    await expectAgreement(model.trace({ sequences: 2, tokens: 7 }), [{ ids }], 56);
  });

  it.each(Object.entries({ llama, gpt2 }))("%s, token by token", async (_, model) => {
    const steps = [7, 0, 39, 12, 12].map((id, position) => ({
      ids: Uint32Array.of(id),
      position: Uint32Array.of(position),
      last: Uint32Array.of(0),
    }));
    await expectAgreement(model.traceStep({ tokens: 1, context: 8 }), steps, 56);
  });

  it.each(Object.entries({ llama, gpt2 }))("%s, some tokens at once", async (_, model) => {
    const steps = [0, 3].map((position) => ({
      ids: Uint32Array.of(7, 0, 39),
      position: Uint32Array.of(position),
      last: Uint32Array.of(position === 0 ? 2 : 1),
    }));
    await expectAgreement(model.traceStep({ tokens: 3, context: 8 }), steps, 56);
  });
});

describe("a sentence encoder in ONNX Runtime", { timeout: 60_000 }, () => {
  it("leaves out what is after the sentences", async () => {
    const model = new SentenceEncoder({
      vocabulary: 30,
      features: 32,
      layers: 2,
      heads: 4,
      hidden: 64,
      positions: 9,
      seed: 4,
    });
    const graph = model.trace({ sequences: 3, tokens: 6 });
    const ids = Uint32Array.from({ length: 18 }, (_, index) => (index * 7) % 30);
    await expectAgreement(graph, [{ ids, lengths: Uint32Array.of(6, 1, 4) }], 64);
  });
});

describe("a classifier of nodes in ONNX Runtime", { timeout: 60_000 }, () => {
  const config = { inFeatures: 34, hidden: 8, classes: 2, seed: 5 };
  const models = { GCN: new GCN(config), GraphSAGE: new GraphSAGE(config), GAT: new GAT(config) };

  it.each(Object.entries(models))("%s on the karate club", async (_, model) => {
    const features = Float32Array.from({ length: 34 * 34 }, (_, index) =>
      index % 35 === 0 ? 1 : 0,
    );
    await expectAgreement(model.trace({ adjacency: karate() }), [{ features }], 64);
  });
});
