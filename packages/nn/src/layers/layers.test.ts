import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { seedsFrom } from "../modules/random.ts";
import { reduceVectors } from "../operations/reduce-vectors/operation.ts";
import { difference, numbers } from "../testing/draw.ts";
import { GELU, ReLU, SiLU, Softmax } from "./activations.ts";
import { Conv2d } from "./conv2d.ts";
import { Embedding } from "./embedding.ts";
import { Linear } from "./linear.ts";
import { MultiheadAttention } from "./multihead-attention.ts";
import { LayerNorm, RMSNorm } from "./normalization.ts";
import { PatchEmbedding } from "./patch-embedding.ts";
import { AvgPool2d, MaxPool2d } from "./pooling.ts";
import { RotaryEmbedding } from "./rotary-embedding.ts";
import { Sequential } from "./sequential.ts";

/** What becomes of vectors, in float64. */
function evaluate(
  x: Float32Array,
  shape: { readonly vectors: number; readonly features: number },
  make: (x: Value) => Value,
): Float64Array {
  const graph = new Graph();
  graph.output("y", make(graph.input("x", shape)));
  return new CpuModel(graph, { precision: "float64" }).runNow({ x }).y as Float64Array;
}

function expectNear(actual: Float64Array, expected: ArrayLike<number>): void {
  const { error, magnitude } = difference(
    Float32Array.from(actual),
    Float32Array.from(Array.from(expected)),
  );
  expect(error).toBeLessThan(2e-6 * Math.max(1, magnitude));
}

describe("normalizations", () => {
  it("have the mean, the variance and the defaults of PyTorch's", () => {
    const x = numbers(2 * 5, 1);
    const layer = new LayerNorm({ features: 5 });
    expect([layer.epsilon, new RMSNorm({ features: 5 }).epsilon]).toEqual([1e-5, 2 ** -23]);
    const y = evaluate(x, { vectors: 2, features: 5 }, (value) => layer.forward(value));
    const first = [...x.subarray(0, 5)];
    const mean = first.reduce((sum, value) => sum + value, 0) / 5;
    const variance = first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5;
    expectNear(
      y.subarray(0, 5),
      first.map((value) => (value - mean) / Math.sqrt(variance + 1e-5)),
    );
    const rms = evaluate(x, { vectors: 2, features: 5 }, (value) =>
      new RMSNorm({ features: 5, epsilon: 0.5 }).forward(value),
    );
    const square = first.reduce((sum, value) => sum + value ** 2, 0) / 5;
    expectNear(
      rms.subarray(0, 5),
      first.map((value) => value / Math.sqrt(square + 0.5)),
    );
  });
});

describe("activations", () => {
  it("are what their names say", () => {
    const x = Float32Array.of(-2, -0.5, 0, 0.5, 3);
    const of = (make: (value: Value) => Value): Float64Array =>
      evaluate(x, { vectors: 1, features: 5 }, make);
    expectNear(
      of((v) => new ReLU().forward(v)),
      [0, 0, 0, 0.5, 3],
    );
    // x Φ(x) from tables of the normal distribution.
    expectNear(
      of((v) => new GELU().forward(v)),
      [-0.0455002638963584, -0.154268769301286, 0, 0.345731230698714, 2.99595030590511],
    );
    const tanh = of((v) => new GELU({ approximate: "tanh" }).forward(v));
    expect(Math.abs((tanh[0] as number) + 0.0454023)).toBeLessThan(1e-6);
    expectNear(
      of((v) => new SiLU().forward(v)),
      [...x].map((value) => value / (1 + Math.exp(-value))),
    );
    const total = [...x].reduce((sum, value) => sum + Math.exp(value), 0);
    expectNear(
      of((v) => new Softmax().forward(v)),
      [...x].map((value) => Math.exp(value) / total),
    );
  });
});

describe("convolutions", () => {
  const [inChannels, outChannels, high, wide] = [3, 4, 7, 6];

  it.each([
    { kernelSize: 3, padding: 1 },
    { kernelSize: [2, 3], stride: [2, 1], padding: [0, 1] },
    { kernelSize: 2, dilation: 2, bias: false },
  ] as const)("are sums over windows: %o", (options) => {
    const layer = new Conv2d({ inChannels, outChannels, ...options, seed: 1 });
    const {
      kernelSize,
      stride = 1,
      padding = 0,
      dilation = 1,
    } = options as {
      kernelSize: number | readonly [number, number];
      stride?: number | readonly [number, number];
      padding?: number | readonly [number, number];
      dilation?: number;
    };
    const two = (size: number | readonly [number, number]): readonly [number, number] =>
      typeof size === "number" ? [size, size] : size;
    const [k, s, p] = [two(kernelSize), two(stride), two(padding)];
    const outHigh = Math.floor((high + 2 * p[0] - dilation * (k[0] - 1) - 1) / s[0]) + 1;
    const outWide = Math.floor((wide + 2 * p[1] - dilation * (k[1] - 1) - 1) / s[1]) + 1;
    const images = numbers(2 * inChannels * high * wide, 2);
    const weight = layer.weight.values;
    const expected: number[] = [];
    for (let image = 0; image < 2; image++) {
      for (let i = 0; i < outHigh; i++) {
        for (let j = 0; j < outWide; j++) {
          for (let out = 0; out < outChannels; out++) {
            let sum = layer.bias?.values[out] ?? 0;
            for (let c = 0; c < inChannels; c++) {
              for (let u = 0; u < k[0]; u++) {
                for (let v = 0; v < k[1]; v++) {
                  const row = i * s[0] - p[0] + u * dilation;
                  const column = j * s[1] - p[1] + v * dilation;
                  if (row < 0 || row >= high || column < 0 || column >= wide) continue;
                  sum +=
                    (weight[((out * inChannels + c) * k[0] + u) * k[1] + v] as number) *
                    (images[((image * inChannels + c) * high + row) * wide + column] as number);
                }
              }
            }
            expected.push(sum);
          }
        }
      }
    }
    const shape = { images: 2, size: [high, wide], source: "image" } as const;
    const y = evaluate(images, { vectors: 2, features: inChannels * high * wide }, (x) => {
      const pixels = layer.forward(x, shape);
      expect(pixels.size).toEqual([outHigh, outWide]);
      return pixels.value;
    });
    expectNear(y, expected);
  });

  it("follow one another, and are pooled", () => {
    const first = new Conv2d({ inChannels: 1, outChannels: 2, kernelSize: 3, padding: 1 });
    const second = new Conv2d({ inChannels: 2, outChannels: 3, kernelSize: 3, padding: 1 });
    const pooled = evaluate(numbers(64, 1), { vectors: 1, features: 64 }, (x) => {
      const shape = { images: 1, size: [8, 8] } as const;
      const pixels = first.forward(x, { ...shape, source: "image" });
      const smaller = new MaxPool2d({ kernelSize: 2 }).forward(pixels);
      expect(smaller.size).toEqual([4, 4]);
      const next = second.forward(smaller.value, {
        images: 1,
        size: smaller.size,
        source: "pixels",
      });
      const mean = new AvgPool2d({ kernelSize: 4 }).forward(next);
      expect([mean.size, mean.value.vectors, mean.value.features]).toEqual([[1, 1], 1, 3]);
      return mean.value;
    });
    expect(pooled.every(Number.isFinite)).toBe(true);
  });

  it("of patches see each pixel once", () => {
    const layer = new PatchEmbedding({
      imageSize: [4, 6],
      patchSize: [2, 2],
      channels: 1,
      features: 2,
    });
    const [weight, bias] = ["proj.weight", "proj.bias"].map(
      (name) => layer.namedParameters().get(name)?.values,
    ) as [Float32Array, Float32Array];
    weight.fill(1);
    bias.fill(0);
    const image = Float32Array.from({ length: 24 }, (_, pixel) => pixel);
    const y = evaluate(image, { vectors: 1, features: 24 }, (x) => layer.forward(x));
    // Sums of the four pixels of each patch, for both features.
    expect([...y]).toEqual([14, 22, 30, 62, 70, 78].flatMap((sum) => [sum, sum]));
  });
});

describe("attention", () => {
  it("weights values by softmax, shares heads of keys, and looks back only when causal", () => {
    const [features, heads, tokens] = [8, 4, 3];
    const layer = new MultiheadAttention({
      features,
      heads,
      keyValueHeads: 2,
      causal: true,
      seeds: seedsFrom(1),
    });
    const x = numbers(tokens * features, 3);
    const y = evaluate(x, { vectors: tokens, features }, (v) =>
      layer.forward(v, { period: tokens }),
    );
    const project = (name: string, input: ArrayLike<number>[]): number[][] => {
      const { weight, bias } = layer.children.get(name) as Linear;
      const rows = weight.shape[0] as number;
      return input.map((vector) =>
        Array.from({ length: rows }, (_, row) => {
          const own = weight.values.subarray(row * vector.length, (row + 1) * vector.length);
          return own.reduce((sum, w, i) => sum + w * (vector[i] as number), bias?.values[row] ?? 0);
        }),
      );
    };
    const vectors = Array.from({ length: tokens }, (_, t) =>
      x.subarray(t * features, (t + 1) * features),
    );
    const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map((name) => project(name, vectors)) as [
      number[][],
      number[][],
      number[][],
    ];
    const attended = q.map((query, t) =>
      query.map((_, feature) => {
        const head = Math.floor(feature / 2);
        const shared = Math.floor(head / 2);
        const weights = k.slice(0, t + 1).map((key) => {
          const product = [0, 1].reduce(
            (sum, e) => sum + (query[2 * head + e] as number) * (key[2 * shared + e] as number),
            0,
          );
          return Math.exp(product / Math.sqrt(2));
        });
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return weights.reduce(
          (sum, weight, u) =>
            sum + (weight / total) * (v[u]?.[2 * shared + (feature % 2)] as number),
          0,
        );
      }),
    );
    expectNear(y, project("o_proj", attended).flat());
  });

  it("turns pairs of features by the position", () => {
    const rotary = new RotaryEmbedding({ headFeatures: 4, positions: 8, style: "interleaved" });
    const x = Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0);
    const y = evaluate(x, { vectors: 2, features: 4 }, (v) =>
      rotary.rotate(v, { path: "", period: 2 }),
    );
    // The first pair turns by 1, the second by 1/100 for each position.
    expectNear(y, [1, 0, 1, 0, Math.cos(1), Math.sin(1), Math.cos(0.01), Math.sin(0.01)]);
    const halves = new RotaryEmbedding({ headFeatures: 4, positions: 8, style: "halves" });
    const z = evaluate(Float32Array.of(0, 0, 0, 0, 1, 2, 0, 0), { vectors: 2, features: 4 }, (v) =>
      halves.rotate(v, { path: "", period: 2 }),
    );
    expectNear(z.subarray(4), [Math.cos(1), 2 * Math.cos(0.01), Math.sin(1), 2 * Math.sin(0.01)]);
  });
});

describe("others", () => {
  it("find vectors of tokens, and reduce sequences", () => {
    const embedding = new Embedding({ embeddings: 5, features: 2, seed: 1 });
    const graph = new Graph();
    const found = embedding.forward(graph.indices("ids", 4));
    const lengths = graph.indices("lengths", 2);
    graph.output("y", reduceVectors(found, { reduce: "mean", period: 2, lengths }));
    const inputs = { ids: Uint32Array.of(3, 1, 0, 4), lengths: Uint32Array.of(2, 1) };
    const { y } = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
    const row = (id: number): Float32Array => embedding.weight.values.subarray(2 * id, 2 * id + 2);
    const mean = [...row(3)].map((value, f) => (value + (row(1)[f] as number)) / 2);
    expectNear(y as Float64Array, [...mean, ...row(0)]);
  });

  it("come one after the other, named by numbers", () => {
    const first = new Linear({ inFeatures: 3, outFeatures: 4, seed: 1 });
    const model = new Sequential([
      first,
      new ReLU(),
      new Linear({ inFeatures: 4, outFeatures: 2 }),
    ]);
    expect([...model.namedParameters().keys()]).toEqual([
      "0.weight",
      "0.bias",
      "2.weight",
      "2.bias",
    ]);
    const y = evaluate(numbers(6, 1), { vectors: 2, features: 3 }, (x) => model.forward(x));
    expect(y).toHaveLength(4);
  });
});
