import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import { pooledInFloat64, SENTENCES } from "../testing/sentences.ts";
import { type Pooling, pooled, SentenceHead } from "./sentence-steps.ts";

const { vectors, features, period, lengths } = SENTENCES;

async function run(poolings: readonly Pooling[]): Promise<Float32Array> {
  const graph = new Graph();
  const x = graph.input("x", { vectors: lengths.length * period, features });
  graph.output(
    "y",
    pooled(x, poolings, { period, lengths: graph.indices("lengths", lengths.length) }),
  );
  const { y } = await new CpuModel(graph).run({ x: vectors, lengths });
  return y as Float32Array;
}

describe("pooling of the tokens of sentences", () => {
  it.each<Pooling>(["cls", "max", "mean", "mean-sqrt-length", "weighted-mean"])(
    "%s is the formula's, whatever the padding is",
    async (pooling) => {
      const expected = pooledInFloat64(pooling).flat();
      const actual = await run([pooling]);
      expect(actual).toHaveLength(expected.length);
      for (const [index, value] of actual.entries())
        expect(value).toBeCloseTo(expected[index] as number, 5);
    },
  );

  it("puts several one after another", async () => {
    const poolings = ["cls", "max", "weighted-mean"] as const;
    const parts = poolings.map(pooledInFloat64);
    const expected = Array.from(lengths, (_, index) => parts.flatMap((part) => part[index])).flat();
    const actual = await run(poolings);
    expect(actual).toHaveLength(3 * features * lengths.length);
    for (const [index, value] of actual.entries())
      expect(value).toBeCloseTo(expected[index] as number, 5);
  });
});

describe("what comes after pooling", () => {
  it("is done in its order: a dense layer, its activation, the norm", async () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: 1, features: 2 });
    const head = new SentenceHead(
      2,
      [{ kind: "dense", features: 3, activation: { kind: "tanh" } }, { kind: "normalize" }],
      () => 1,
    );
    const parameters = new Map(head.namedParameters());
    const weight = [1, 2, -1, 0.5, 0.25, -2];
    const bias = [0.1, -0.2, 0.3];
    (parameters.get("0.weight") as { values: Float32Array }).values = Float32Array.from(weight);
    (parameters.get("0.bias") as { values: Float32Array }).values = Float32Array.from(bias);
    graph.output("y", head.forward(x));
    const { y } = await new CpuModel(graph).run({ x: Float32Array.of(0.5, -0.75) });
    const dense = bias.map((one, row) =>
      Math.tanh((weight[2 * row] as number) * 0.5 - (weight[2 * row + 1] as number) * 0.75 + one),
    );
    const norm = Math.hypot(...dense);
    for (const [index, value] of dense.entries()) expect(y?.[index]).toBeCloseTo(value / norm, 6);
  });
});
