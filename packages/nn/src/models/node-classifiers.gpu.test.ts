import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adjacencyOf } from "../adjacency/adjacency.ts";
import type { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { monarch } from "../layers/butterfly-linear.ts";
import type { Module } from "../modules/module.ts";
import type { Parameter } from "../modules/parameter.ts";
import { difference, numbers } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { cora } from "../testing/test-data.ts";
import { GAT, GCN, GraphSAGE } from "./node-classifiers.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

type Rows = readonly Float64Array[];

/** `x W^T`, dense, in float64. */
function project(x: Rows, module: Module, name: string): Float64Array[] {
  const { shape, values } = module.namedParameters().get(name) as Parameter;
  const [rows = 0, cols = 0] = shape;
  return x.map((vector) =>
    Float64Array.from({ length: rows }, (_, row) => {
      let sum = 0;
      for (let column = 0; column < cols; column++) {
        // Most features of most nodes are zeros.
        const number = vector[column] as number;
        if (number !== 0) sum += number * (values[row * cols + column] as number);
      }
      return sum;
    }),
  );
}

function neighboursOf({ starts, columns }: SparseMatrix, node: number): number[] {
  return [...columns.subarray(starts[node], starts[node + 1])];
}

function rowsOf(values: Float32Array, length: number): Float64Array[] {
  return Array.from({ length: values.length / length }, (_, row) =>
    Float64Array.from(values.subarray(row * length, (row + 1) * length)),
  );
}

/** A layer of a GCN as the paper writes it: messages weighted by the degrees of both ends. */
function gcnLayer(x: Rows, graph: SparseMatrix, model: Module, name: string): Float64Array[] {
  const projected = project(x, model, `${name}.lin.weight`);
  const bias = model.namedParameters().get(`${name}.bias`)?.values ?? [];
  const degree = (node: number): number => neighboursOf(graph, node).length + 1;
  return projected.map((own, node) =>
    own.map((value, feature) => {
      let sum = value / degree(node);
      for (const other of neighboursOf(graph, node)) {
        sum += (projected[other]?.[feature] as number) / Math.sqrt(degree(node) * degree(other));
      }
      return sum + (bias[feature] as number);
    }),
  );
}

describe("a GCN on all of Cora", () => {
  it("equals the formula in float64", async () => {
    const { graph, features, inFeatures, classes } = cora();
    const model = new GCN({ inFeatures, classes, seed: 3 });
    const x = rowsOf(features, inFeatures);
    const hidden = gcnLayer(x, graph, model, "conv1").map((row) => row.map((v) => Math.max(0, v)));
    const logits = gcnLayer(hidden, graph, model, "conv2");
    const expected = Float64Array.from(logits.flatMap((row) => [...row]));
    using device = await DeviceModel.compile(gpu, model.trace({ adjacency: graph }));
    const outputs = await device.run({ features });
    const { error, magnitude } = difference(outputs.logits as Float32Array, expected);
    expect(magnitude).toBeGreaterThan(0.01);
    expect(error).toBeLessThan(2e-6 * Math.max(1, magnitude));
    const probabilities = outputs["log probabilities"] as Float32Array;
    for (let node = 0; node < 50; node++) {
      const row = probabilities.subarray(node * classes, (node + 1) * classes);
      expect(row.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
    }
  });
});

describe.each([
  ["GCN", () => new GCN({ inFeatures: 16, hidden: 32, classes: 4, layers: 3, seed: 1 })],
  [
    "GCN with Monarch layers",
    () => new GCN({ inFeatures: 16, hidden: 64, classes: 16, linear: monarch(), seed: 1 }),
  ],
  ["GraphSAGE", () => new GraphSAGE({ inFeatures: 16, classes: 5, seed: 2 })],
  ["GAT", () => new GAT({ inFeatures: 16, hidden: 8, classes: 3, heads: 2, seed: 3 })],
] as const)("%s", (_, make) => {
  it("gives the same on the device as on the CPU in float64", async () => {
    const edges = Array.from({ length: 120 }, (_value, index) => (index * 37 + (index % 7)) % 41);
    const graph = adjacencyOf({ nodes: 41, edges });
    const traced = make().trace({ adjacency: graph });
    const features = numbers(41 * 16, 4);
    const expected = new CpuModel(traced, { precision: "float64" }).runNow({ features });
    using device = await DeviceModel.compile(gpu, traced);
    const { logits } = await device.run({ features });
    const { error, magnitude } = difference(
      logits as Float32Array,
      expected.logits as Float64Array,
    );
    expect(error).toBeLessThan(1e-5 * Math.max(1, magnitude));
  });
});
