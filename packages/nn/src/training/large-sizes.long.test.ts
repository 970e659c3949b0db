import { uniform } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { adjacencyOf, withSelfLoops } from "../adjacency/adjacency.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { Graph } from "../graph/graph.ts";
import * as f from "../operations/index.ts";
import { type GradientCase, solveGradient } from "../testing/central-differences.ts";
import { difference, parameter } from "../testing/draw.ts";

/** As many nodes and edges as Cora has, some nodes with many neighbours: several items of each kernel. */
const NODES = 2708;
const EDGES = 5278;
const adjacency = withSelfLoops(adjacencyOf({ nodes: NODES, edges: edges() }));

function edges(): number[] {
  const next = uniform(1);
  const share = (): number => (next() + 1) / 2;
  return Array.from({ length: EDGES }, () => [
    Math.floor(NODES * share()),
    Math.floor(NODES * share() ** 3),
  ]).flat();
}

function aggregated(reduce: "mean" | "max"): (graph: Graph) => GradientCase {
  return (graph) => {
    const x = graph.input("x", { vectors: NODES, features: 64 });
    return { y: f.aggregate(x, adjacency, { reduce }), of: [x], terms: 200 };
  };
}

const CASES: Readonly<Record<string, (graph: Graph) => GradientCase>> = {
  "mean of neighbours": aggregated("mean"),
  "largest of neighbours": aggregated("max"),
  "attention over edges": (graph) => {
    const x = graph.input("x", { vectors: NODES, features: 64 });
    const sources = graph.input("sources", { vectors: NODES, features: 8 });
    const targets = graph.input("targets", { vectors: NODES, features: 8 });
    const scores = { sources, targets, heads: 8, negativeSlope: 0.2 };
    const y = f.edgeAttention(x, { ...scores, adjacency });
    return { y, of: [x, sources, targets], terms: 200 };
  },
  "rows of a table": (graph) => {
    const table = parameter([5003, 96], 3);
    return { y: f.gatherVectors(table, graph.indices("ids", 1024)), of: [table], terms: 20 };
  },
  "largest of windows": (graph) => {
    const x = graph.input("x", { vectors: 2 * 28 * 28, features: 64 });
    const y = f.pool(
      x,
      {
        ...{ images: 2, channels: 64, size: [28, 28], kernel: [3, 3], stride: [2, 2] },
        ...{ padding: [1, 1], dilation: [1, 1] },
      },
      { pool: "max" },
    );
    return { y, of: [x] };
  },
  "largest of sequences": (graph) => {
    const x = graph.input("x", { vectors: 4 * 197, features: 600 });
    return { y: f.reduceVectors(x, { reduce: "max", period: 197 }), of: [x] };
  },
};

it.each(Object.entries(CASES))("the gradient of %s is that of the reference", async (_, make) => {
  const { graph, inputs, expected, terms } = solveGradient(make);
  using model = new CpuModel(graph, { kernels: "wasm" });
  const found = await model.run(inputs);
  for (const [name, right] of Object.entries(expected)) {
    const { error, magnitude } = difference(found[name] as Float32Array, right);
    expect(error).toBeLessThanOrEqual(terms * 2 ** -23 * Math.max(1, magnitude));
  }
  expect(await model.run(inputs)).toEqual(found);
});
