import { Chain } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { activate } from "../../operations/activation/operation.ts";
import { addPositions } from "../../operations/add-positions/operation.ts";
import { addVector } from "../../operations/add-vector/operation.ts";
import { aggregate } from "../../operations/aggregate/operation.ts";
import { append } from "../../operations/append/operation.ts";
import { attention } from "../../operations/attention/operation.ts";
import { add, multiply } from "../../operations/combine/operation.ts";
import { edgeAttention } from "../../operations/edge-attention/operation.ts";
import { gatherFeatures } from "../../operations/gather-features/operation.ts";
import { gatherVectors } from "../../operations/gather-vectors/operation.ts";
import { linear } from "../../operations/linear/operation.ts";
import { normalize } from "../../operations/normalize/operation.ts";
import type { Operation } from "../../operations/operation.ts";
import { pool } from "../../operations/pool/operation.ts";
import { reduceVectors } from "../../operations/reduce-vectors/operation.ts";
import { rotary } from "../../operations/rotary/operation.ts";
import { softmax } from "../../operations/softmax/operation.ts";
import { sparseLinear } from "../../operations/sparse-linear/operation.ts";
import { unfold } from "../../operations/unfold/operation.ts";
import { difference, inputsFor, parameter, sparse } from "../../testing/draw.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { CpuModel } from "../cpu/cpu-model.ts";
import { DeviceModel } from "./device-model.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const FEATURES = 12;

/** What becomes of vectors: for every kind of operation, one or several. */
const CASES: Readonly<Record<Operation["kind"], readonly ((x: Value) => Value)[]>> = {
  activation: [
    (x) => activate(x, { kind: "gelu", approximate: "none" }),
    (x) => activate(x, { kind: "silu" }),
  ],
  "add-positions": [
    (x) => addPositions(x, parameter([x.vectors, FEATURES], 1), { period: x.vectors }),
    (x) => {
      const prepended = parameter([FEATURES], 2);
      return addPositions(x, parameter([2, FEATURES], 1), { period: 1, prepended });
    },
    (x) => {
      const position = x.graph.indices("position", 1);
      const table = parameter([x.vectors + 3, FEATURES], 1);
      return addPositions(x, table, { period: x.vectors, position });
    },
  ],
  "add-vector": [(x) => addVector(x, parameter([FEATURES], 3))],
  aggregate: (["sum", "mean", "max"] as const).flatMap((reduce) =>
    [false, true].map(
      (weighted) => (x: Value) => aggregate(x, sparse([7, x.vectors], 4, 5, weighted), { reduce }),
    ),
  ),
  append: [
    (x) => {
      const state = x.graph.state("kept", { vectors: x.vectors + 5, features: FEATURES });
      return append(x, state, x.graph.indices("position", 1));
    },
  ],
  attention: [
    (x) => attention(x, x, x, { sequences: 1, heads: 3, keyValueHeads: 3, causal: true }),
    (x) => {
      const keys = linear(x, parameter([6, FEATURES], 7));
      const lengths = x.graph.indices("lengths", x.vectors);
      return attention(x, keys, keys, {
        sequences: x.vectors,
        heads: 2,
        keyValueHeads: 1,
        causal: false,
        lengths,
      });
    },
  ],
  combine: [(x) => add(x, activate(x, { kind: "relu" })), (x) => multiply(x, x)],
  "edge-attention": [
    (x) => {
      const scores = (seed: number): Value => linear(x, parameter([3, FEATURES], seed));
      return edgeAttention(x, {
        adjacency: sparse([x.vectors, x.vectors], 5, 9, false),
        heads: 3,
        negativeSlope: 0.2,
        sources: scores(1),
        targets: scores(2),
      });
    },
  ],
  "gather-features": [(x) => gatherFeatures(x, Uint32Array.of(11, ZERO_FEATURE, 0, 3, 3))],
  "gather-vectors": [
    (x) => gatherVectors(x, x.graph.fixed("some", Uint32Array.of(x.vectors - 1, 0))),
    (x) => {
      const ids = x.graph.indices("ids", x.vectors);
      return add(x, gatherVectors(parameter([9, FEATURES], 4), ids));
    },
  ],
  linear: [
    (x) => linear(x, parameter([20, FEATURES], 5), { bias: parameter([20], 6) }),
    (x) => {
      const chain = Chain.parse("1,5,4,4; 4,4,3,1");
      const factors = [parameter([1, 5, 4, 4], 7), parameter([4, 4, 3, 1], 8)];
      return linear(x, { chain, factors }, { bias: parameter([20], 9) });
    },
    // With everything that can become a part of it.
    (x) => {
      const gate = activate(linear(x, parameter([FEATURES, FEATURES], 5)), { kind: "silu" });
      return add(x, multiply(gate, linear(x, parameter([FEATURES, FEATURES], 6))));
    },
  ],
  normalize: (["layer", "rms", "l2"] as const).map(
    (norm) => (x: Value) =>
      normalize(x, {
        norm,
        epsilon: 1e-5,
        ...(norm === "l2" ? {} : { weight: parameter([FEATURES], 1) }),
        ...(norm === "layer" ? { bias: parameter([FEATURES], 2) } : {}),
      }),
  ),
  pool: (["max", "average"] as const).map(
    (kind) => (x: Value) => pool(x, imageOf(x), { pool: kind }),
  ),
  "reduce-vectors": (["mean", "sum", "max"] as const).flatMap((reduce) => [
    (x: Value) => reduceVectors(x, { reduce, period: x.vectors }),
    (x: Value) => {
      const lengths = x.graph.indices("lengths", 1);
      return reduceVectors(x, { reduce, period: x.vectors, lengths });
    },
  ]),
  rotary: (["interleaved", "halves"] as const).map((style) => (x: Value) => {
    const [cosines, sines] = [parameter([x.vectors + 2, 3], 1), parameter([x.vectors + 2, 3], 2)];
    const position = x.graph.indices("position", 1);
    position.requireBelow(3);
    return rotary(x, { headFeatures: 6, style, cosines, sines, period: x.vectors, position });
  }),
  softmax: [false, true].map((log) => (x: Value) => softmax(x, { log })),
  "sparse-linear": [
    (x) => sparseLinear(x, sparse([10, FEATURES], 5, 3, true)),
    (x) => sparseLinear(x, sparse([10, FEATURES], 5, 3, false)),
  ],
  unfold: [(x) => unfold(x, imageOf(x), { source: "pixels" })],
};

/** Vectors as the pixels of an image one pixel high. */
function imageOf(x: Value): Parameters<typeof pool>[1] {
  return {
    images: 1,
    channels: FEATURES,
    size: [1, x.vectors],
    kernel: [1, 3],
    stride: [1, 2],
    padding: [0, 1],
    dilation: [1, 1],
  };
}

const kinds = Object.entries(CASES).flatMap(([kind, cases]) =>
  cases.map((make, index) => ({ name: `${kind} ${index + 1}`, make })),
);

/** Vectors that are padded or not, operations alone or between others, each layout and dtype once. */
const SETTINGS = [
  { vectors: 18, inside: true, layout: "batch-last", dtype: "f32" },
  { vectors: 5, inside: false, layout: "batch-last", dtype: "f32" },
  { vectors: 18, inside: false, layout: "batch-first", dtype: "f32" },
  { vectors: 5, inside: true, layout: "batch-last", dtype: "f16" },
] as const;

describe.each(SETTINGS)("$vectors vectors $layout in $dtype, inside: $inside", (setting) => {
  const { vectors, inside, layout, dtype } = setting;
  it.for(kinds)("$name gives the CPU's answer in float64", async ({ make }, { skip }) => {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    const graph = new Graph();
    const input = graph.input("x", { vectors, features: FEATURES });
    const y = make(inside ? linear(input, parameter([FEATURES, FEATURES], 11)) : input);
    graph.output("y", inside ? linear(y, parameter([5, y.features], 12)) : y);
    const inputs = inputsFor(graph);
    const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
    using model = await DeviceModel.compile(gpu, graph, { dtype, layout });
    const first = await model.run(inputs);
    const { error, magnitude } = difference(first.y as Float32Array, expected.y as Float64Array);
    // Few operations with sums of few numbers of about 1, each rounded a few times.
    expect(error).toBeLessThanOrEqual(100 * FLOAT_FORMATS[dtype].epsilon * Math.max(1, magnitude));
    const second = await model.run(inputs);
    expect(second.y).toEqual(first.y);
  });
});
