import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adjacencyOf } from "../adjacency/adjacency.ts";
import { SparseMatrix } from "../adjacency/sparse-matrix.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { aggregate } from "../operations/aggregate/operation.ts";
import { edgeAttention } from "../operations/edge-attention/operation.ts";
import { sparseLinear } from "../operations/sparse-linear/operation.ts";
import { difference, inputsFor, numbers } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { GAT, GCN, GraphSAGE } from "./node-classifiers.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const IN = 6;
const GRAPHS: Readonly<Record<string, SparseMatrix>> = {
  "a single node": adjacencyOf({ nodes: 1, edges: [] }),
  "a node with a loop": adjacencyOf({ nodes: 1, edges: [0, 0] }),
  "nodes without edges": adjacencyOf({ nodes: 5, edges: [] }),
  "isolated nodes": adjacencyOf({ nodes: 19, edges: [3, 4] }),
};

async function expectAsOnCpu(graph: Graph): Promise<Float32Array> {
  const inputs = inputsFor(graph, 4);
  const expected = Object.values(new CpuModel(graph, { precision: "float64" }).runNow(inputs))[0];
  using device = await DeviceModel.compile(gpu, graph);
  const y = Object.values(await device.run(inputs))[0] as Float32Array;
  const { error, magnitude } = difference(y, expected as Float64Array);
  expect(error).toBeLessThan(1e-5 * Math.max(1, magnitude));
  return y;
}

describe.each(Object.entries(GRAPHS))("%s", (_, graph) => {
  it.each([
    ["GCN", () => new GCN({ inFeatures: IN, classes: 3, seed: 1 })],
    ["GraphSAGE", () => new GraphSAGE({ inFeatures: IN, classes: 3, seed: 2 })],
    ["GAT", () => new GAT({ inFeatures: IN, hidden: 8, classes: 3, heads: 2, seed: 3 })],
  ])("is classified by %s as on the CPU", async (_name, make) => {
    await expectAsOnCpu(make().trace({ adjacency: graph }));
  });
});

describe("operations without non-zeros", () => {
  const nothing = SparseMatrix.fromEntries([9, 12], { rows: [], columns: [] });
  const weighted = SparseMatrix.fromEntries([9, 12], { rows: [], columns: [] }, []);

  it.each<[string, (graph: Graph) => Value]>([
    ["aggregate", (graph) => aggregate(vectors(graph, 12), nothing, { reduce: "mean" })],
    ["aggregate with weights", (graph) => aggregate(vectors(graph, 12), weighted, {})],
    [
      "sparse linear",
      (graph) => sparseLinear(graph.input("x", { vectors: 3, features: 12 }), nothing),
    ],
    ["edge attention", (graph) => attended(graph, nothing)],
  ])("give zeros: %s", async (_, make) => {
    const graph = new Graph();
    graph.output("y", make(graph));
    const y = await expectAsOnCpu(graph);
    expect(y.every((number) => number === 0)).toBe(true);
  });
});

it("attends from few nodes to many, as in a graph of two kinds of nodes", async () => {
  const rows = Array.from({ length: 30 }, (_, edge) => (edge * 5) % 4);
  const columns = Array.from({ length: 30 }, (_, edge) => (edge * 7) % 23);
  const graph = new Graph();
  graph.output("y", attended(graph, SparseMatrix.fromEntries([4, 23], { rows, columns })));
  const y = await expectAsOnCpu(graph);
  expect(y.length).toBe(4 * 4);
});

it("weighs the edges of a GCN on the device as the formula in float64", async () => {
  const model = new GCN({ inFeatures: IN, classes: 3, layers: 1, seed: 5 });
  const edges = { rows: [0, 1, 1, 2, 2], columns: [1, 0, 2, 2, 0] };
  const weights = [0.5, 2, 1, 3, 0.25];
  const graph = SparseMatrix.fromEntries([3, 3], edges, weights);
  const features = numbers(3 * IN, 6);
  using device = await DeviceModel.compile(gpu, model.trace({ adjacency: graph }));
  const { logits } = await device.run({ features });
  const dense = [
    [1, 0.5, 0],
    [2, 1, 1],
    [0.25, 0, 3],
  ];
  const degrees = dense.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  const weight = model.namedParameters().get("conv1.lin.weight")?.values ?? [];
  const expected = dense.flatMap((row, i) =>
    [0, 1, 2].map((output) =>
      row.reduce((sum, edge, j) => {
        let projected = 0;
        for (let f = 0; f < IN; f++) {
          projected += (weight[output * IN + f] as number) * (features[j * IN + f] as number);
        }
        const factor = edge / Math.sqrt((degrees[i] as number) * (degrees[j] as number));
        return sum + factor * projected;
      }, 0),
    ),
  );
  expect(difference(logits as Float32Array, expected).error).toBeLessThan(2e-6);
});

function vectors(graph: Graph, count: number): Value {
  return graph.input("x", { vectors: count, features: 5 });
}

function attended(graph: Graph, edges: SparseMatrix): Value {
  const input = (name: string, count: number, features: number): Value =>
    graph.input(name, { vectors: count, features });
  return edgeAttention(input("x", edges.cols, 4), {
    adjacency: edges,
    heads: 2,
    negativeSlope: 0.2,
    sources: input("sources", edges.cols, 2),
    targets: input("targets", edges.rows, 2),
  });
}
