import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type OpenEngine, openCpu } from "@papilio/cpu-runtime/kernels";
import { expect, it, vi } from "vitest";
import { CpuModel } from "./backends/cpu/cpu-model.ts";
import { CpuStates } from "./backends/cpu/cpu-states.ts";
import { CpuWeightStore } from "./backends/cpu/cpu-weight-store.ts";
import { BatchGenerator } from "./generation/batch-generator.ts";
import { TextGenerator } from "./generation/text-generator.ts";
import { Graph } from "./graph/graph.ts";
import { Parameter } from "./modules/parameter.ts";
import { append } from "./operations/append/operation.ts";
import { gatherVectors } from "./operations/gather-vectors/operation.ts";
import { linear } from "./operations/linear/operation.ts";
import { parameter } from "./testing/draw.ts";
import { stories260K } from "./testing/test-data.ts";
import { meanSquaredError } from "./training/losses.ts";
import { Trainer } from "./training/trainer.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const ids = Uint32Array.of(1);

function project(): Graph {
  const graph = new Graph();
  const vectors = gatherVectors(parameter([4, 3], 1), graph.indices("ids", 1));
  graph.output("y", linear(vectors, parameter([2, 3], 2)));
  return graph;
}

it.each(["reference", "wasm"] as const)(
  "a model on the CPU, by kernels of %s, is of no use after it was disposed of",
  async (kernels) => {
    const model = new CpuModel(project(), { kernels });
    await model.run({ ids });
    const late = model.run({ ids });
    for (let time = 0; time < 2; time++) model.dispose();
    model[Symbol.dispose]();
    await expect(late).rejects.toThrow(code("MODEL_DISPOSED"));
    await expect(model.run({ ids })).rejects.toThrow(code("MODEL_DISPOSED"));
    await expect(model.prepare()).rejects.toThrow(code("MODEL_DISPOSED"));
    expect(() => model.runNow({ ids })).toThrow(code("MODEL_DISPOSED"));
  },
);

it("a model on the CPU leaves states that it shares to the others", async () => {
  const make = (): Graph => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: 1, features: 2 });
    const state = graph.state("kept", { vectors: 2, features: 2 });
    graph.output("all", append(x, state, graph.indices("position", 1)));
    return graph;
  };
  const states = new CpuStates();
  const [first, second] = [new CpuModel(make(), { states }), new CpuModel(make(), { states })];
  await first.run({ x: Float32Array.of(1, 2), position: Uint32Array.of(0) });
  first.dispose();
  const { all } = await second.run({ x: Float32Array.of(3, 4), position: Uint32Array.of(1) });
  expect([...(all ?? [])]).toEqual([1, 2, 3, 4]);
});

it("packed weights are of no use after they were disposed of, also while they are packed", async () => {
  const { engine } = (await openCpu(1)) as OpenEngine;
  const store = new CpuWeightStore();
  const parameters = [new Parameter([4])];
  const numbers = { parameters, form: "zeros", bytes: 16, fill: () => Promise.resolve() };
  const before = engine.memory.bytes;
  const weights = store.open();
  expect(weights.of(engine, numbers).span).toBe(weights.of(engine, numbers).span);
  expect(store.bytes).toBe(16);
  weights.dispose();
  weights.dispose();
  expect(() => weights.of(engine, numbers)).toThrow(code("MODEL_DISPOSED"));
  expect(store.bytes).toBe(0);
  const others = store.open();
  const fill = (): Promise<void> => Promise.reject(new Error("It cannot be packed."));
  others.of(engine, { ...numbers, fill });
  await expect(others.filled()).rejects.toThrow("cannot be packed");
  // A later model tries again.
  const later = store.open();
  later.of(engine, numbers);
  await later.filled();
  for (const held of [others, later]) held.dispose();
  expect(store.bytes).toBe(0);
  await vi.waitFor(() => expect(engine.memory.bytes).toBe(before));
});

it("packed weights are shared by models, and released with the last of them", async () => {
  const graph = project();
  const store = new CpuWeightStore();
  const [first, second] = [1, 2].map(
    () => new CpuModel(graph, { kernels: "wasm", weights: store }),
  ) as [CpuModel, CpuModel];
  const { y } = await first.run({ ids });
  const { bytes } = store;
  expect(bytes).toBeGreaterThan(0);
  expect((await second.run({ ids })).y).toEqual(y);
  expect(store.bytes).toBe(bytes);
  first.dispose();
  first.dispose();
  expect(store.bytes).toBe(bytes);
  expect((await second.run({ ids })).y).toEqual(y);
  second.dispose();
  expect(store.bytes).toBe(0);
  using third = new CpuModel(graph, { kernels: "wasm", weights: store });
  expect((await third.run({ ids })).y).toEqual(y);
  expect(store.bytes).toBe(bytes);
});

it("a generator on the CPU is of no use after it was disposed of, also in the middle of a text", async () => {
  const { model } = stories260K();
  const generator = TextGenerator.onCpu(model, { context: 16, chunk: 4, kernels: "reference" });
  const text = generator.generate([1], { maxTokens: 8 });
  expect((await text.next()).done).toBe(false);
  generator.dispose();
  generator.dispose();
  await expect(text.next()).rejects.toThrow(code("GENERATOR_DISPOSED"));
  await expect(generator.generate([1]).next()).rejects.toThrow(code("GENERATOR_DISPOSED"));
  await expect(generator.prepare()).rejects.toThrow(code("GENERATOR_DISPOSED"));
});

it("a batched generator is of no use after it was disposed of, also in the middle of texts", async () => {
  const { model } = stories260K();
  const options = { context: 16, chunk: 4, maxSequences: 1, kernels: "reference" } as const;
  const generator = BatchGenerator.onCpu(model, options);
  const running = generator.submit([1], { maxTokens: 8 });
  const waiting = generator.submit([1], { maxTokens: 8 });
  const text = running[Symbol.asyncIterator]();
  expect((await text.next()).done).toBe(false);
  for (let time = 0; time < 2; time++) generator.dispose();
  const rest = async (stream: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of stream);
  };
  await expect(rest(running)).rejects.toThrow(code("GENERATOR_DISPOSED"));
  await expect(rest(waiting)).rejects.toThrow(code("GENERATOR_DISPOSED"));
  expect(() => generator.submit([1])).toThrow(code("GENERATOR_DISPOSED"));
  await expect(generator.prepare()).rejects.toThrow(code("GENERATOR_DISPOSED"));
  expect(generator.statistics).toMatchObject({ running: 0, waiting: 0 });
});

it("a trainer is of no use after it was disposed of", async () => {
  const graph = new Graph();
  const weight = parameter([1, 2], 3);
  const y = linear(graph.input("x", { vectors: 1, features: 2 }), weight);
  const loss = meanSquaredError(y, graph.input("target", { vectors: 1, features: 1 }));
  const trainer = new Trainer(graph, loss, [weight], { optimizer: { kind: "sgd" }, rate: 0.1 });
  const inputs = { x: Float32Array.of(1, 2), target: Float32Array.of(3) };
  await trainer.step([inputs]);
  const trained = weight.values.slice();
  for (let time = 0; time < 2; time++) trainer.dispose();
  trainer[Symbol.dispose]();
  await expect(trainer.step([inputs])).rejects.toThrow(code("MODEL_DISPOSED"));
  expect(weight.values).toEqual(trained);
});

it("every disposable of the package is tested here or on a device", () => {
  // What is in `CpuModel`, in `DeviceModel`, and in tasks of training.
  const inner = ["CompiledGraph", "Evaluator", "PackedParts", "SquaredErrors", "TrainedParameters"];
  const found = globSync("**/*.ts", { cwd: import.meta.dirname })
    .filter((path) => !path.endsWith(".test.ts") && !/(^|\/)testing\//.test(path))
    .flatMap((path) => {
      const source = readFileSync(resolve(import.meta.dirname, path), "utf8");
      const declared = source.matchAll(
        /class (\w+)(?:<.*>)? implements .*(?:Disposable|Executable)/g,
      );
      return [...declared].map(([, name]) => name);
    });
  const tested = [
    "BatchGenerator",
    "CpuModel",
    "CpuWeights",
    "DeviceModel",
    "ModelMemory",
    "TextGenerator",
    "Trainer",
  ];
  expect(found.toSorted()).toEqual([...inner, ...tested].toSorted());
});
