import { expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import { Linear } from "../layers/linear.ts";
import { Sequential } from "../layers/sequential.ts";
import { Gpt2 } from "../models/gpt2.ts";
import { inputMoments } from "./input-moments.ts";

it("second moments of the inputs of each product are those of float64", async () => {
  const first = new Linear({ inFeatures: 6, outFeatures: 16, seed: 1 });
  const second = new ButterflyLinear({ weight: "1,4,4,4; 4,4,4,1", seed: 2 });
  const model = new Sequential([first, second]);
  const runs = [5, 5, 2].map((vectors, run) => ({
    vectors,
    x: Float32Array.from({ length: 6 * vectors }, (_, at) => Math.sin(at * at + run)),
  }));
  const graphOf = (vectors: number): Graph => {
    const graph = new Graph();
    graph.output("y", model.forward(graph.input("x", { vectors, features: 6 })));
    return graph;
  };
  const counted: number[] = [];
  const found = await inputMoments(
    model,
    [
      { graph: graphOf(5), inputs: runs.slice(0, 2).map(({ x }) => ({ x })) },
      { graph: graphOf(2), inputs: runs.slice(2).map(({ x }) => ({ x })) },
    ],
    { onRun: (run) => counted.push(run) },
  );
  expect(counted).toEqual([1, 2, 3]);
  expect([...found.keys()]).toEqual(["0.weight", "1.factors.0"]);
  const weight = first.weight.values;
  const bias = first.bias?.values as Float32Array;
  const xs = runs.flatMap(({ x, vectors }) =>
    Array.from({ length: vectors }, (_, n) => [...x.subarray(6 * n, 6 * n + 6)]),
  );
  const between = xs.map((x) =>
    Array.from({ length: 16 }, (_, row) =>
      x.reduce(
        (sum, value, col) => sum + value * (weight[row * 6 + col] as number),
        bias[row] ?? 0,
      ),
    ),
  );
  for (const [name, vectors, size] of [
    ["0.weight", xs, 6],
    ["1.factors.0", between, 16],
  ] as const) {
    const own = found.get(name);
    expect([own?.size, own?.vectors]).toEqual([size, 12]);
    for (let p = 0; p < size; p++) {
      for (let q = 0; q < size; q++) {
        const mean = vectors.reduce((sum, x) => sum + (x[p] ?? 0) * (x[q] ?? 0), 0) / 12;
        expect(own?.values[p * size + q]).toBeCloseTo(mean, 5);
      }
    }
  }
});

it("a tied embedding counts as a table too", async () => {
  const model = new Gpt2({ vocabulary: 10, features: 8, layers: 1, heads: 2, positions: 4 });
  const graph = model.trace({ tokens: 4 });
  const found = await inputMoments(model, [
    { graph, inputs: [{ ids: Uint32Array.of(1, 2, 3, 4) }] },
  ]);
  const { values, size } = found.get("wte.weight") as { values: Float64Array; size: number };
  // What the head reads is normalized: the mean of its squares is 1, and the identity is added.
  const trace = Array.from({ length: size }, (_, at) => values[at * (size + 1)] as number);
  expect(trace.reduce((sum, one) => sum + one) / size).toBeCloseTo(2, 3);
  expect(found.get("h.0.attn.q_proj.weight")).toEqual(found.get("h.0.attn.v_proj.weight"));
});

it("an interruption ends it", async () => {
  const model = new Gpt2({ vocabulary: 10, features: 8, layers: 1, heads: 2, positions: 4 });
  const graph = model.trace({ tokens: 1 });
  const signal = AbortSignal.abort(new Error("stopped"));
  const running = inputMoments(model, [{ graph, inputs: [{ ids: Uint32Array.of(1) }] }], {
    signal,
  });
  await expect(running).rejects.toThrow("stopped");
});
