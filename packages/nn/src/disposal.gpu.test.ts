import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DeviceModel } from "./backends/gpu/device-model.ts";
import { ModelMemory } from "./backends/gpu/model-memory.ts";
import { TextGenerator } from "./generation/text-generator.ts";
import { Graph, type State } from "./graph/graph.ts";
import { append } from "./operations/append/operation.ts";
import { gatherVectors } from "./operations/gather-vectors/operation.ts";
import { linear } from "./operations/linear/operation.ts";
import { parameter } from "./testing/draw.ts";
import { openTestGpu } from "./testing/open-test-gpu.ts";
import { stories260K } from "./testing/test-data.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const ids = Uint32Array.of(1);

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

function project(): Graph {
  const graph = new Graph();
  const vectors = gatherVectors(parameter([4, 3], 1), graph.indices("ids", 1));
  graph.output("y", linear(vectors, parameter([2, 3], 2)));
  return graph;
}

it("a model on a device is of no use after it was disposed of, and writes to no memory of others", async () => {
  const model = await DeviceModel.compile(gpu, project());
  await model.run({ ids });
  for (let time = 0; time < 2; time++) model.dispose();
  expect(gpu.memory.statistics.inUse).toBe(0);
  using other = await DeviceModel.compile(gpu, project());
  const expected = await other.run({ ids: Uint32Array.of(2) });
  for (const use of [model.run({ ids }), model.complete(), model.profile()]) {
    await expect(use).rejects.toThrow(code("MODEL_DISPOSED"));
  }
  expect(model.plan()).toContain("dispatches");
  // With the inputs that it had last, where the model that is gone would have written its own.
  await other.complete();
  expect(await other.run({ ids: Uint32Array.of(2) })).toEqual(expected);
});

it("the memory of models is of no use after it was disposed of", () => {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 1, features: 2 });
  append(x, graph.state("kept", { vectors: 2, features: 2 }), graph.indices("position", 1));
  const state = graph.states.get("kept") as State;
  const before = gpu.memory.statistics.inUse;
  const memory = new ModelMemory(gpu);
  memory.parameter(parameter([4, 3], 1));
  memory.state(state);
  expect(gpu.memory.statistics.inUse).toBeGreaterThan(before);
  for (let time = 0; time < 2; time++) memory.dispose();
  expect(() => memory.parameter(parameter([4, 3], 1))).toThrow(code("MODEL_DISPOSED"));
  expect(() => memory.state(state)).toThrow(code("MODEL_DISPOSED"));
  expect(() => memory.reset()).toThrow(code("MODEL_DISPOSED"));
  expect(gpu.memory.statistics.inUse).toBe(before);
});

it("a generator on a device is of no use after it was disposed of", async () => {
  const { model } = stories260K();
  const generator = await TextGenerator.onDevice(gpu, model, { context: 8, chunk: 1 });
  for (let time = 0; time < 2; time++) generator.dispose();
  await expect(generator.generate([1]).next()).rejects.toThrow(code("GENERATOR_DISPOSED"));
  expect(gpu.memory.statistics.inUse).toBe(0);
});
