import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuWeightStore } from "../backends/cpu/cpu-weight-store.ts";
import { fuseEpilogues } from "../backends/fuse-epilogues.ts";
import { Graph } from "../graph/graph.ts";
import type { Linear } from "../layers/linear.ts";
import { linear } from "../operations/linear/operation.ts";
import { operationsOf } from "../operations/operation.ts";
import {
  type AdapterFixture,
  adapterFixture,
  adapterFixtures,
} from "../testing/adapter-fixtures.ts";
import { numbers } from "../testing/draw.ts";
import { firstWrong, liveLayers, tinyRun } from "../testing/live-adapters.ts";
import { applyAdapters, liveGraphs } from "./apply-adapters.ts";
import { mergeAdapter } from "./merge-adapter.ts";
import { readAdapter } from "./read-adapter.ts";

const fixtures = adapterFixtures();
const output = (outputs: Readonly<Record<string, unknown>>): Float64Array =>
  Object.values(outputs)[0] as Float64Array;

/** The largest difference, over the largest number. */
function distance(actual: Float64Array, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  const largest = (numbers: Float64Array): number => Math.max(...numbers.map(Math.abs));
  return largest(actual.map((value, at) => value - (expected[at] as number))) / largest(expected);
}

/** What a model with numpy's weights computes, in float64. */
function exactOutput(fixture: AdapterFixture): Float64Array {
  const model = fixture.model();
  const parameters = model.namedParameters();
  for (const [name, tensor] of fixture.expected()) {
    const parameter = parameters.get(name);
    if (parameter !== undefined) parameter.values = tensor.toReal("float32");
  }
  const { graph, inputs } = tinyRun(model);
  return output(new CpuModel(graph, { precision: "float64" }).runNow(inputs));
}

describe("adapters that are applied live", () => {
  it.each(fixtures)("$name gives what numpy's weights give, within the bound", async (fixture) => {
    const layers = liveLayers(fixture);
    expect(layers.expected.size).toBeGreaterThan(0);
    for (const { exact, bound } of layers.expected.values()) {
      expect(Math.max(...bound)).toBeLessThan(1e-4 * Math.max(...exact.map(Math.abs)));
    }
    const reference = new CpuModel(layers.graph).runNow(layers.inputs);
    expect(firstWrong(layers, reference)).toBe(undefined);
    using model = new CpuModel(layers.graph, { kernels: "wasm" });
    expect(firstWrong(layers, await model.run(layers.inputs))).toBe(undefined);
  });

  it.each(fixtures)("$name makes the model compute as merged", (fixture) => {
    const model = fixture.model();
    const adapter = readAdapter(model, fixture.files());
    const { graph, inputs } = tinyRun(applyAdapters(model, [{ adapter }]));
    const live = output(new CpuModel(graph, { precision: "float64" }).runNow(inputs));
    expect(distance(live, exactOutput(fixture))).toBeLessThan(1e-5);
    const { graph: without } = tinyRun(model);
    const plain = output(new CpuModel(without, { precision: "float64" }).runNow(inputs));
    expect(distance(plain, exactOutput(fixture))).toBeGreaterThan(1e-3);
  });

  it.each(fixtures.filter(({ name }) => name.includes("-16/")))(
    "$name has the scale that it is given, as merged",
    (fixture) => {
      for (const scale of [0, 0.4]) {
        const model = fixture.model();
        const adapter = readAdapter(model, fixture.files());
        const { graph, inputs } = tinyRun(applyAdapters(model, [{ adapter, scale }]));
        const live = output(new CpuModel(graph, { precision: "float64" }).runNow(inputs));
        mergeAdapter(model, adapter, scale);
        const run = tinyRun(model);
        const merged = output(new CpuModel(run.graph, { precision: "float64" }).runNow(inputs));
        expect(distance(live, merged)).toBeLessThan(1e-5);
      }
    },
  );

  it.each([
    ["llama-16/peft-lora", "llama-16/peft-boft"],
    ["gpt2-16/lycoris-boft", "gpt2-16/peft-dora"],
    ["bert-8/peft-oft", "bert-8/lycoris-lokr"],
    ["vit-8/peft-loha", "vit-8/lycoris-oft"],
  ])("%s and %s follow one another as they are merged", (first, second) => {
    const model = adapterFixture(first).model();
    const adapters = [first, second].map((name) =>
      readAdapter(model, adapterFixture(name).files()),
    );
    const applied = adapters.map((adapter, index) => ({
      adapter,
      scale: [1, 0.5][index] as number,
    }));
    const { graph, inputs } = tinyRun(applyAdapters(model, applied));
    const live = output(new CpuModel(graph, { precision: "float64" }).runNow(inputs));
    for (const { adapter, scale } of applied) mergeAdapter(model, adapter, scale);
    const run = tinyRun(model);
    const merged = output(new CpuModel(run.graph, { precision: "float64" }).runNow(inputs));
    expect(distance(live, merged)).toBeLessThan(1e-5);
  });

  it("multiply the base model's weights as they are, and change nothing of it", () => {
    const fixture = adapterFixture("llama-16/peft-boft");
    const model = fixture.model();
    const before = new Map(
      [...model.namedParameters()].map(([name, { values }]) => [name, values.slice()]),
    );
    const live = applyAdapters(model, [{ adapter: readAdapter(model, fixture.files()) }]);
    expect(live).toBeInstanceOf(model.constructor);
    expect(live.parameterCount).toBe(model.parameterCount);
    const factors = operationsOf(tinyRun(live).graph).flatMap((operation) =>
      operation.kind === "linear" ? operation.matrix.factors : [],
    );
    for (const operation of operationsOf(tinyRun(model).graph)) {
      if (operation.kind !== "linear") continue;
      for (const factor of operation.matrix.factors) expect(factors).toContain(factor);
    }
    for (const [name, { values }] of model.namedParameters()) {
      expect(values).toEqual(before.get(name));
    }
  });

  it("add the output of the weight in the kernel of the difference", () => {
    const sums = (graph: Graph): number =>
      fuseEpilogues(graph).filter(({ kind }) => kind === "combine").length;
    for (const kind of ["lora", "loha", "lokr"]) {
      const fixture = adapterFixture(`llama-16/peft-${kind}`);
      const model = fixture.model();
      const live = applyAdapters(model, [{ adapter: readAdapter(model, fixture.files()) }]);
      expect(sums(tinyRun(live).graph)).toBe(sums(tinyRun(model).graph));
    }
  });

  it.each(["q4", "q8"] as const)("are exact beside weights of few bits, %s", async (dtype) => {
    const fixture = adapterFixture("llama-16/peft-lora");
    const model = fixture.model();
    const adapter = readAdapter(model, fixture.files());
    const [{ layers, inFeatures }] = adapter.targets as [(typeof adapter.targets)[number]];
    const [{ path }] = layers as [(typeof layers)[number]];
    const { weight } = model.namedModules().get(path) as Linear;
    const graph = new Graph();
    const x = graph.input("x", { vectors: 1, features: inFeatures });
    graph.output("y", linear(x, weight));
    const inputs = { x: numbers(inFeatures, 4) };
    const outputOf = async (one: Graph): Promise<Float32Array> => {
      const weights = new CpuWeightStore({ dtype });
      using run = new CpuModel(one, { kernels: "wasm", weights });
      return (await run.run(inputs)).y as Float32Array;
    };
    const without = await outputOf(graph);
    const live = await outputOf(liveGraphs(model, [{ adapter }])(graph));
    const exact = fixture.expected().get(`${path}.weight`)?.toReal("float64") as Float64Array;
    for (let row = 0; row < live.length; row++) {
      let change = 0;
      for (let col = 0; col < inFeatures; col++) {
        const at = row * inFeatures + col;
        const difference = (exact[at] as number) - (weight.values[at] as number);
        change += difference * (inputs.x[col] as number);
      }
      expect((live[row] as number) - (without[row] as number)).toBeCloseTo(change, 5);
    }
  });

  it("store each block of a Kronecker product once", () => {
    const fixture = adapterFixture("llama-16/peft-lokr");
    const model = fixture.model();
    const live = applyAdapters(model, [{ adapter: readAdapter(model, fixture.files()) }]);
    const chains = operationsOf(tinyRun(live).graph).flatMap((operation) =>
      operation.kind === "linear" && operation.matrix.factors.length > 1 ? [operation.matrix] : [],
    );
    // Of queries, 16 x 16: (2 x 4) and (8 x 4).
    expect(chains.map(({ chain }) => String(chain))).toContain("1,2,4,8;4,8,4,1");
    for (const { factors } of chains) {
      expect(factors.map(({ shape }) => [shape[0], shape[3]])).toEqual([
        [1, 1],
        [1, 1],
      ]);
    }
  });

  it("are refused for other models, and on top of others", () => {
    const fixture = adapterFixture("llama-8/peft-lora");
    const model = fixture.model();
    const adapter = readAdapter(model, fixture.files());
    const live = applyAdapters(model, [{ adapter }]);
    expect(() => applyAdapters(live, [{ adapter }])).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
    const other = adapterFixture("llama-16/peft-lora").model();
    expect(() => applyAdapters(other, [{ adapter }])).toThrow(
      expect.objectContaining({ code: "ADAPTER_MISMATCH" }),
    );
  });
});
