import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuStates } from "../backends/cpu/cpu-states.ts";
import { CpuWeightStore } from "../backends/cpu/cpu-weight-store.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { ModelMemory } from "../backends/gpu/model-memory.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { dyadic } from "../layers/butterfly-linear.ts";
import { dense } from "../layers/linear.ts";
import type { LinearFactory } from "../layers/linear-layer.ts";
import { Llama } from "../models/llama.ts";
import type { Parameter } from "../modules/parameter.ts";
import { operationsOf } from "../operations/operation.ts";
import { difference } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { TextGenerator } from "./text-generator.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const CHUNK = 4;

function llama(linear: LinearFactory, tiedHead = false): Llama {
  return new Llama({
    vocabulary: 32,
    features: 16,
    hidden: 32,
    layers: 1,
    heads: 2,
    positions: 2 * CHUNK,
    linear: { projection: linear, ffn: linear },
    seed: 3,
    tiedHead,
  });
}

/** Numbers of the factors of linear operations, each factor once. */
function factorNumbers(graph: Graph): number {
  const factors = new Set<Parameter>();
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear") continue;
    for (const factor of operation.matrix.factors) factors.add(factor);
  }
  return [...factors].reduce((sum, { length }) => sum + length, 0);
}

const inputs: RunInputs = {
  ids: Uint32Array.from({ length: CHUNK }, (_, index) => (7 * index) % 32),
  position: Uint32Array.of(0),
  last: Uint32Array.of(CHUNK - 1),
};

describe.each([
  ["dense", dense],
  ["dyadic", dyadic],
] as const)("the step and the prompt of a decoder with %s layers", (name, linear) => {
  const model = llama(linear);
  const [step, prompt] = [1, CHUNK].map((tokens) =>
    model.traceStep({ tokens, context: CHUNK }),
  ) as [Graph, Graph];
  const { logits: expected } = new CpuModel(prompt, { precision: "float64" }).runNow(inputs);

  it("hold packed weights once on a device, until the last of them is disposed of", async () => {
    const before = gpu.memory.statistics.inUse;
    const memory = new ModelMemory(gpu);
    const one = await DeviceModel.compile(gpu, step, { memory });
    const { bytes } = memory.weights;
    const chunk = await DeviceModel.compile(gpu, prompt, { memory });
    expect(memory.weights.bytes).toBe(bytes);
    // Factors that are multiplied out in advance are fewer and larger.
    if (name === "dense") {
      expect(bytes).toBeGreaterThanOrEqual(4 * factorNumbers(step));
      expect(bytes).toBeLessThan(4.2 * factorNumbers(step));
    }
    const { logits } = await chunk.run(inputs);
    expect(difference(logits as Float32Array, expected as Float64Array).error).toBeLessThan(1e-5);
    one.dispose();
    one.dispose();
    expect(memory.weights.bytes).toBe(bytes);
    expect((await chunk.run(inputs)).logits).toEqual(logits);
    chunk.dispose();
    expect(memory.weights.bytes).toBe(0);
    memory.dispose();
    expect(gpu.memory.statistics.inUse).toBe(before);
  });

  it("hold them once on the CPU", async () => {
    const [states, weights] = [new CpuStates(), new CpuWeightStore()];
    const options = { kernels: "wasm", states, weights } as const;
    const one = new CpuModel(step, options);
    const chunk = new CpuModel(prompt, options);
    await one.prepare();
    const { bytes } = weights;
    expect(bytes).toBeGreaterThan(0);
    await chunk.prepare();
    expect(weights.bytes).toBe(bytes);
    const { logits } = await chunk.run(inputs);
    expect(difference(logits as Float32Array, expected as Float64Array).error).toBeLessThan(1e-5);
    one.dispose();
    expect(weights.bytes).toBe(bytes);
    chunk.dispose();
    expect(weights.bytes).toBe(0);
  });
});

describe.each(["f32", "f16"] as const)("a table of tokens that is the head too, in %s", (dtype) => {
  const model = llama(dense, true);
  const graphs = [CHUNK, 1].map((tokens) => model.traceStep({ tokens, context: CHUNK }));

  it("is on the device once, for steps and prompts", async ({ skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const [prompt, step] = graphs as [Graph, Graph];
    const table = (dtype === "f16" ? 2 : 4) * 32 * 16;
    const linears = (dtype === "f16" ? 2 : 4) * factorNumbers(prompt);
    const before = gpu.memory.statistics.inUse;
    using memory = new ModelMemory(gpu, dtype);
    using chunk = await DeviceModel.compile(gpu, prompt, { memory });
    const { bytes } = memory.weights;
    using one = await DeviceModel.compile(gpu, step, { memory });
    expect(memory.weights.bytes).toBe(bytes);
    expect(bytes).toBeLessThan(linears + table / 2);
    const parameters = 16 * 3 * 4;
    const states = 2 * 16 * CHUNK * (dtype === "f16" ? 2 : 4);
    expect(memory.bytes - bytes).toBeLessThan(parameters + states + table / 2);
    const exact = new CpuModel(prompt, { precision: "float64" }).runNow(inputs).logits;
    const { logits } = await chunk.run(inputs);
    const { error } = difference(logits as Float32Array, exact as Float64Array);
    expect(error).toBeLessThan(dtype === "f16" ? 1e-2 : 1e-5);
    for (const [position, id] of (inputs.ids as Uint32Array).entries()) {
      const place = { position: Uint32Array.of(position), last: Uint32Array.of(0) };
      const last = await one.run({ ids: Uint32Array.of(id), ...place });
      if (position < CHUNK - 1) continue;
      const distance = difference(last.logits as Float32Array, exact as Float64Array).error;
      expect(distance).toBeLessThan(dtype === "f16" ? 1e-2 : 1e-5);
    }
    one.dispose();
    chunk.dispose();
    expect(memory.weights.bytes).toBe(0);
    memory.dispose();
    expect(gpu.memory.statistics.inUse).toBe(before);
  });
});

it("a generator takes no second copy of its weights to read prompts in chunks", async () => {
  const model = llama(dense);
  const held = async (chunk: number): Promise<number> => {
    const before = gpu.memory.statistics.inUse;
    using _ = await TextGenerator.onDevice(gpu, model, { context: CHUNK, chunk });
    return gpu.memory.statistics.inUse - before;
  };
  const weights = 4 * factorNumbers(model.traceStep({ tokens: 1, context: CHUNK }));
  const [alone, chunked] = [await held(1), await held(2)];
  expect(alone).toBeGreaterThan(weights);
  // Activations of two tokens, not weights.
  expect(chunked - alone).toBeLessThan(weights / 2);
});
