import process from "node:process";
import { openGpu } from "@papilio/gpu-runtime/node";
import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import { activate } from "../../operations/activation/operation.ts";
import { add } from "../../operations/combine/operation.ts";
import { linear } from "../../operations/linear/operation.ts";
import { normalize } from "../../operations/normalize/operation.ts";
import { numbers, parameter } from "../../testing/draw.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { DeviceModel } from "./device-model.ts";

const VECTORS = 50;
const FEATURES = 64;

function feedForward(): Graph {
  const graph = new Graph();
  const x = graph.input("x", { vectors: VECTORS, features: FEATURES });
  const hidden = linear(
    normalize(x, { norm: "rms", epsilon: 1e-5, path: "norm" }),
    parameter([96, FEATURES], 1),
    {
      path: "up",
    },
  );
  const active = activate(hidden, { kind: "relu" });
  graph.output("y", add(x, linear(active, parameter([FEATURES, 96], 2), { path: "down" })));
  return graph;
}

describe("a model on a device", () => {
  it("prints its operations, what moves, and its arena", async () => {
    using gpu = await openTestGpu();
    using model = await DeviceModel.compile(gpu, feedForward());
    const lines = model.plan().split("\n");
    expect(lines[0]).toMatch(/^operation +module +output +layout +dispatches +bytes moved$/);
    const rows = lines.slice(1, 5).map((line) => line.split(/ {2,}/).slice(0, 5));
    expect(rows).toEqual([
      ["normalize", "norm", "50 x 64", "batch-last", "1"],
      ["linear", "up", "50 x 96", "batch-last", "1"],
      // The residual is read where the input is, transposed once.
      ["linear", "down", "50 x 64", "batch-last", "2"],
      ["output", "y", "50 x 64", "batch-last", "1"],
    ]);
    expect(lines.at(-2)).toBe("5 dispatches, 2 of which only move numbers");
    expect(lines.at(-1)).toMatch(/^arena .* \(at least .*\), device memory .* in all$/);
    expect(model.report.dispatches).toBe(5);
    expect(model.bytes).toBeGreaterThan(4 * 2 * FEATURES * 96);
  });

  it("says where the time of a run goes", async ({ skip }) => {
    using gpu = await openTestGpu();
    skip(!gpu.report.features.timestamps, "the adapter has no timestamps");
    using model = await DeviceModel.compile(gpu, feedForward());
    await model.run({ x: numbers(VECTORS * FEATURES, 3) });
    const { seconds, operations } = await model.profile();
    expect(operations.map(({ path }) => path)).toEqual(["norm", "up", "down", "y"]);
    const total = operations.reduce((sum, operation) => sum + operation.seconds, 0);
    expect(total).toBeCloseTo(seconds, 9);
    expect(seconds).toBeGreaterThan(0);
  });

  it("computes runs that are asked for at once one after the other", async () => {
    using gpu = await openTestGpu();
    using model = await DeviceModel.compile(gpu, feedForward());
    const inputs = [4, 5, 6].map((seed) => numbers(VECTORS * FEATURES, seed));
    const alone: unknown[] = [];
    for (const x of inputs) alone.push(await model.run({ x }));
    const together = await Promise.all(inputs.map((x) => model.run({ x })));
    expect(together).toEqual(alone);
    await expect(model.run({ x: new Float32Array(3) })).rejects.toThrow(
      expect.objectContaining({ code: "INPUT_LENGTH" }),
    );
    expect(await model.run({ x: inputs[0] as Float32Array })).toEqual(alone[0]);
  });

  it("gives all its memory back, also where it gets too little", async () => {
    const adapter = process.env.PAPILIO_ADAPTER ?? "auto";
    using gpu = await openGpu({ adapter });
    const model = await DeviceModel.compile(gpu, feedForward());
    await model.run({ x: numbers(VECTORS * FEATURES, 3) });
    expect(gpu.memory.statistics.inUse).toBeGreaterThan(0);
    model.dispose();
    expect(gpu.memory.statistics.inUse).toBe(0);
    await expect(model.run({ x: numbers(VECTORS * FEATURES, 3) })).rejects.toThrow();
    // Enough for the inputs; for the weights; for everything but the arena.
    for (const budget of [20_000, 40_000, 80_000]) {
      using small = await openGpu({ adapter, memory: { budget } });
      await expect(DeviceModel.compile(small, feedForward())).rejects.toThrow(
        expect.objectContaining({ code: "MEMORY_BUDGET" }),
      );
      expect(small.memory.statistics.inUse).toBe(0);
    }
  });
});
