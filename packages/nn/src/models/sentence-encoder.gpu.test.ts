import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { Graph } from "../graph/graph.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { pooledInFloat64, SENTENCES } from "../testing/sentences.ts";
import { type Pooling, pooled } from "./sentence-steps.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

it("pools the tokens of sentences in every way on a device", async () => {
  const poolings: readonly Pooling[] = ["cls", "max", "mean", "mean-sqrt-length", "weighted-mean"];
  const { vectors: x, features, period, lengths } = SENTENCES;
  const graph = new Graph();
  const value = graph.input("x", { vectors: lengths.length * period, features });
  const counts = graph.indices("lengths", lengths.length);
  graph.output("y", pooled(value, poolings, { period, lengths: counts }));
  using device = await DeviceModel.compile(gpu, graph);
  const { y } = await device.run({ x, lengths });
  const parts = poolings.map(pooledInFloat64);
  const expected = Array.from(lengths, (_, index) => parts.flatMap((part) => part[index])).flat();
  expect(y).toHaveLength(expected.length);
  for (const [index, right] of expected.entries())
    expect(y?.[index]).toBeCloseTo(right as number, 4);
});
