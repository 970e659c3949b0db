import { expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import { Linear } from "../layers/linear.ts";
import { Sequential } from "../layers/sequential.ts";
import { Gpt2 } from "../models/gpt2.ts";
import { inputMoments } from "./input-moments.ts";
import { directionsOf } from "./output-gradients.ts";

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

it("errors of outputs count as the gradients of what is computed of them", async () => {
  const first = new Linear({ inFeatures: 6, outFeatures: 5, seed: 1 });
  const second = new Linear({ inFeatures: 5, outFeatures: 1, seed: 2 });
  const model = new Sequential([first, second]);
  const graph = new Graph();
  graph.output("y", model.forward(graph.input("x", { vectors: 4, features: 6 })));
  const x = Float32Array.from({ length: 24 }, (_, at) => Math.sin(at));
  const found = await inputMoments(model, [{ graph, inputs: [{ x }] }], { outputs: true });
  // The gradients are signs, and these times the second matrix.
  expect([...(found.get("1.weight")?.outputs ?? [])]).toEqual([1]);
  const row = second.weight.values;
  for (let at = 0; at < 25; at++) {
    const product = (row[Math.floor(at / 5)] as number) * (row[at % 5] as number);
    expect(found.get("0.weight")?.outputs?.[at]).toBeCloseTo(product, 6);
  }
});

it("tables have no weights of outputs, nor has what the result does not depend on", async () => {
  const model = new Gpt2({ vocabulary: 10, features: 8, layers: 1, heads: 2, positions: 4 });
  const graph = model.trace({ tokens: 4 });
  const ids = Uint32Array.of(1, 2, 3, 4);
  const found = await inputMoments(model, [{ graph, inputs: [{ ids }] }], { outputs: true });
  expect(found.get("wte.weight")?.outputs).toBeUndefined();
  expect(found.get("h.0.attn.q_proj.weight")?.outputs).toHaveLength(64);
  const kept = new Linear({ inFeatures: 6, outFeatures: 5, seed: 1 });
  const left = new Linear({ inFeatures: 5, outFeatures: 3, seed: 2 });
  const two = new Sequential([kept, left]);
  const cut = new Graph();
  const between = kept.forward(cut.input("x", { vectors: 1, features: 6 }));
  cut.output("y", between);
  left.forward(between);
  const inputs = [{ x: new Float32Array(6).fill(1) }];
  const partly = await inputMoments(two, [{ graph: cut, inputs }], { outputs: true });
  expect(partly.get("0.weight")?.outputs).toHaveLength(25);
  expect(partly.get("1.weight")?.outputs).toBeUndefined();
});

it("directions of logits have the covariance of the Kullback-Leibler divergence", () => {
  const logits = Float32Array.of(0.5, -1, 2);
  const shares = logits.map(Math.exp);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const covariance = new Float64Array(9);
  // All signs are as likely.
  for (let signs = 0; signs < 8; signs++) {
    let bit = 0;
    const s = directionsOf("logits", logits, 3, () => ((signs >> bit++) & 1) - 0.5);
    for (let at = 0; at < 9; at++) {
      const product = (s[Math.floor(at / 3)] as number) * (s[at % 3] as number);
      covariance[at] = (covariance[at] as number) + product / 8;
    }
  }
  for (let at = 0; at < 9; at++) {
    const [p, q] = [Math.floor(at / 3), at % 3].map((one) => (shares[one] as number) / whole);
    const wanted = (at % 4 === 0 ? (p as number) : 0) - (p as number) * (q as number);
    expect(covariance[at]).toBeCloseTo(wanted, 6);
  }
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
