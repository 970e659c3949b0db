import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { numbers } from "../testing/draw.ts";
import { crossEntropy, distillationLoss, meanSquaredError } from "./losses.ts";

const [VECTORS, CLASSES] = [5, 4];
const logits = numbers(VECTORS * CLASSES, 1).map((number) => 3 * number);
const others = numbers(VECTORS * CLASSES, 2).map((number) => 3 * number);

/** What a loss of two inputs is in float64, and by the kernels of the CPU. */
async function lossOf(
  make: (x: Value, other: Value, graph: Graph) => Value,
  indices: Record<string, Uint32Array> = {},
): Promise<readonly [double: number, single: number]> {
  const graph = new Graph();
  const shape = { vectors: VECTORS, features: CLASSES };
  const loss = make(graph.input("x", shape), graph.input("other", shape), graph);
  expect([loss.vectors, loss.features]).toEqual([1, 1]);
  graph.output("loss", loss);
  const inputs = { x: logits, other: others, ...indices };
  const exact = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
  using model = new CpuModel(graph, { kernels: "wasm" });
  const found = await model.run(inputs);
  return [exact.loss?.[0] as number, found.loss?.[0] as number];
}

/** The softmax of row `vector`, divided by a temperature. */
function shares(of: Float32Array, vector: number, temperature = 1): number[] {
  const row = [...of.subarray(vector * CLASSES, (vector + 1) * CLASSES)];
  const powers = row.map((logit) => Math.exp(logit / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function expectLoss(
  losses: Promise<readonly [double: number, single: number]>,
  right: number,
): Promise<void> {
  const [double, single] = await losses;
  expect(Math.abs(double - right)).toBeLessThanOrEqual(1e-12 * Math.max(1, right));
  expect(Math.abs(single - right)).toBeLessThanOrEqual(40 * 2 ** -23 * Math.max(1, right));
}

describe("cross-entropy", () => {
  const labels = Uint32Array.of(2, 0, 3, 3, 1);
  const losses = (smoothing: number): number[] =>
    Array.from(labels, (label, vector) => {
      const found = shares(logits, vector);
      const wanted = found.map((_, c) => smoothing / CLASSES + (c === label ? 1 - smoothing : 0));
      return -wanted.reduce((sum, share, c) => sum + share * Math.log(found[c] as number), 0);
    });

  it.each([0, 0.1])("is the mean over vectors, smoothed by %d", async (smoothing) => {
    await expectLoss(
      lossOf((x, _, graph) => crossEntropy(x, graph.indices("labels", VECTORS), { smoothing }), {
        labels,
      }),
      average(losses(smoothing)),
    );
  });

  it("counts no vector whose label is ignored", async () => {
    await expectLoss(
      lossOf((x, _, graph) => crossEntropy(x, graph.indices("labels", VECTORS), { ignored: 3 }), {
        labels,
      }),
      average(losses(0).filter((_, vector) => labels[vector] !== 3)),
    );
    const none = Uint32Array.of(4, 4, 4, 4, 4);
    await expectLoss(
      lossOf((x, _, graph) => crossEntropy(x, graph.indices("labels", VECTORS), { ignored: 4 }), {
        labels: none,
      }),
      0,
    );
  });

  it("refuses labels and options that make no sense", () => {
    const graph = new Graph();
    const x = graph.input("x", { vectors: VECTORS, features: CLASSES });
    const code = (name: string): unknown => expect.objectContaining({ code: name });
    expect(() => crossEntropy(x, graph.indices("few", 4))).toThrow(code("GRAPH_SHAPE"));
    const few = graph.indices("labels", VECTORS);
    for (const options of [
      { smoothing: 1 },
      { smoothing: -0.1 },
      { smoothing: Number.NaN },
      { ignored: 5 },
      { ignored: -1 },
      { ignored: 0.5 },
      { smoothing: "0" as never },
    ]) {
      expect(() => crossEntropy(x, few, options)).toThrow(code("OPTION_INVALID"));
    }
    crossEntropy(x, few);
    expect(() => few.check(Uint32Array.of(0, 1, 2, 3, 4))).toThrow(code("INDEX_RANGE"));
  });
});

it("the mean squared error is that of all numbers", async () => {
  const squares = Array.from(logits, (number, at) => (number - (others[at] as number)) ** 2);
  await expectLoss(
    lossOf((x, other) => meanSquaredError(x, other)),
    average(squares),
  );
});

it.each([1, 3])("distillation with temperature %d is the divergence", async (temperature) => {
  const divergences = Array.from({ length: VECTORS }, (_, vector) => {
    const [p, q] = [shares(logits, vector, temperature), shares(others, vector, temperature)];
    return q.reduce((sum, share, c) => sum + share * Math.log(share / (p[c] as number)), 0);
  });
  await expectLoss(
    lossOf((x, other) => distillationLoss(x, other, { temperature })),
    temperature ** 2 * average(divergences),
  );
});

it("refuses a temperature that is none, and other shapes", () => {
  const graph = new Graph();
  const x = graph.input("x", { vectors: 2, features: 3 });
  for (const temperature of [0, -1, Number.POSITIVE_INFINITY, Number.NaN, 1e30]) {
    expect(() => distillationLoss(x, x, { temperature })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  }
  const other = graph.input("other", { vectors: 3, features: 3 });
  for (const loss of [meanSquaredError, distillationLoss]) {
    expect(() => loss(x, other)).toThrow(expect.objectContaining({ code: "GRAPH_SHAPE" }));
  }
});
