import process from "node:process";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { Llama } from "../../models/llama.ts";
import { Parameter } from "../../modules/parameter.ts";
import * as f from "../../operations/index.ts";
import { difference, numbers, parameter } from "../../testing/draw.ts";
import { CpuModel } from "../cpu/cpu-model.ts";
import { DeviceModel } from "./device-model.ts";

/** What the device of these tests binds: 4096 numbers in float32. */
const BOUND = 2 ** 14;

let small: Gpu;
beforeAll(async () => {
  small = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
  Object.assign(small.report.limits, { maxStorageBufferBindingSize: BOUND });
});
afterAll(() => small.dispose());

/** A parameter whose numbers nobody may read. */
function unread(...shape: number[]): Parameter {
  return new Parameter(shape, () => {
    throw new Error("The numbers were read.");
  });
}

const TOO_LARGE: Readonly<Record<string, (graph: Graph) => Value>> = {
  "activation: an activation of 65 x 64 in f32 needs 17408": (graph) =>
    f.activate(vectors(graph, 65, 64), { kind: "relu" }),
  "softmax: an activation of 64 x 65 in f32 needs 16640": (graph) =>
    f.softmax(vectors(graph, 64, 65)),
  "gather-vectors: a parameter of [200, 40] in f32 needs 32000": (graph) =>
    f.gatherVectors(unread(200, 40), graph.indices("ids", 4)),
  "add-positions: a parameter of [300, 16] in f32 needs 19200": (graph) =>
    f.addPositions(vectors(graph, 4, 16), unread(300, 16), { period: 4 }),
  "cannot be divided into parts of at most 16384 bytes": (graph) =>
    f.linear(vectors(graph, 1, 100), unread(100, 100)),
};

it.each(Object.entries(TOO_LARGE))(
  "refuses %s before anything is allocated",
  async (message, make) => {
    const graph = new Graph();
    graph.output("y", make(graph));
    const before = small.memory.statistics;
    const compiled = DeviceModel.compile(small, graph);
    await expect(compiled).rejects.toThrow(expect.objectContaining({ code: "BUFFER_TOO_LARGE" }));
    await expect(compiled).rejects.toThrow(message);
    const { allocations, reuses, inUse } = small.memory.statistics;
    expect([allocations, reuses, inUse]).toEqual([before.allocations, before.reuses, 0]);
    expect(small.pipelines.size).toBe(0);
  },
);

it.each(["q8", "q3"] as const)("counts the weights of linear layers in %s", async (dtype) => {
  // In float32 27 KB, in eight bits 7.2 KB: of a table that is read and multiplied by, and of a factor.
  const table = parameter([96, 72], 1);
  const graph = new Graph();
  const read = f.gatherVectors(table, graph.indices("ids", 2));
  graph.output("y", f.linear(read, table));
  const ids = Uint32Array.of(95, 3);
  await expect(DeviceModel.compile(small, graph)).rejects.toMatchObject({
    code: "BUFFER_TOO_LARGE",
  });
  using model = await DeviceModel.compile(small, graph, { dtype });
  const near = (await model.run({ ids })).y as Float32Array;
  const exact = new CpuModel(graph, { precision: "float64" }).runNow({ ids }).y as Float64Array;
  const norm = Math.hypot(...exact);
  const lost = Math.hypot(...exact.map((value, at) => value - (near[at] as number)));
  expect(lost / norm).toBeLessThan(dtype === "q8" ? 0.02 : 0.5);
});

it("computes what just fits", async () => {
  const graph = new Graph();
  graph.output("y", f.softmax(f.linear(vectors(graph, 64, 8), parameter([64, 8], 1))));
  const inputs = { x0: numbers(64 * 8, 2) };
  const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs).y as Float64Array;
  using model = await DeviceModel.compile(small, graph);
  expect(difference((await model.run(inputs)).y as Float32Array, expected).error).toBeLessThan(
    1e-5,
  );
});

it("makes tables of angles for the context, whatever positions a model has", () => {
  const model = new Llama({
    vocabulary: 8,
    features: 8,
    hidden: 8,
    layers: 2,
    heads: 2,
    positions: 2 ** 30,
  });
  const tables = (graph: Graph): Parameter[] =>
    f
      .operationsOf(graph)
      .flatMap((operation) =>
        operation.kind === "rotary" ? [operation.cosines, operation.sines] : [],
      );
  const [step, chunk] = [1, 16].map((tokens) => tables(model.traceStep({ tokens, context: 100 })));
  expect(step?.map(({ shape }) => shape)).toEqual(Array.from({ length: 8 }, () => [100, 2]));
  // Steps of one generator share them.
  expect(new Set([...(step ?? []), ...(chunk ?? [])]).size).toBe(2);
  expect(step?.[0]?.values[2 * 99]).toBe(Math.fround(Math.cos(99)));
  expect(step?.[1]?.values[2 * 99 + 1]).toBe(Math.fround(Math.sin(99 / 100)));
  expect(tables(model.trace({ tokens: 7 }))[0]?.shape).toEqual([7, 2]);
  expect(() => model.traceStep({ tokens: 1, context: 2 ** 30 + 1 })).toThrow(
    expect.objectContaining({ code: "CONTEXT_LENGTH" }),
  );
});

function vectors(graph: Graph, count: number, features: number): Value {
  return graph.input(`x${graph.inputs.size}`, { vectors: count, features });
}
