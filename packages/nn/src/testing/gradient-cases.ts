import { Chain } from "@papilio/butterfly";
import type { Activation } from "@papilio/butterfly/numeric";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { crossEntropyOfVectors } from "../operations/cross-entropy/operation.ts";
import { distillationOfVectors } from "../operations/distillation/operation.ts";
import { dropout } from "../operations/dropout/operation.ts";
import * as f from "../operations/index.ts";
import type { Norm } from "../operations/shared/normalization.ts";
import { squaredError } from "../operations/squared-error/operation.ts";
import { crossEntropy } from "../training/losses.ts";
import type { GradientCase } from "./central-differences.ts";
import { parameter } from "./operation-case.ts";

/** Sizes of the vectors that a case works on. */
interface GradientShape {
  readonly vectors: number;
  readonly features: number;
}

/** Builds a case for vectors of a shape. */
export type MakeGradient = (graph: Graph, shape: GradientShape) => GradientCase;

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  relu: { kind: "relu" },
  relu6: { kind: "relu", upper: 0.5 },
  "leaky-relu": { kind: "leaky-relu", negativeSlope: 0.2 },
  elu: { kind: "elu", alpha: 0.7 },
  gelu: { kind: "gelu", approximate: "none" },
  "gelu-tanh": { kind: "gelu", approximate: "tanh" },
  silu: { kind: "silu" },
  sigmoid: { kind: "sigmoid" },
  tanh: { kind: "tanh" },
};

function activated(activation: Activation): MakeGradient {
  return (graph, shape) => {
    const x = graph.input("x", shape);
    return { y: f.activate(x, activation), of: [x] };
  };
}

function normalized(norm: Norm, epsilon: number, bias: boolean): MakeGradient {
  return (graph, shape) => {
    const x = graph.input("x", shape);
    const weight = parameter(shape.features);
    const added = bias ? parameter(shape.features) : undefined;
    const y = f.normalize(x, { norm, epsilon, weight, bias: added });
    return { y, of: [x, weight, ...(added === undefined ? [] : [added])], terms: 200 };
  };
}

function softmaxed(log: boolean): MakeGradient {
  return (graph, shape) => {
    const x = graph.input("x", shape);
    return { y: f.softmax(x, { log }), of: [x], terms: 40 };
  };
}

function crossed(smoothing: number, ignores: boolean): MakeGradient {
  return (graph, shape) => {
    const x = graph.input("x", shape);
    const labels = graph.indices("labels", shape.vectors);
    const ignored = ignores ? shape.features : undefined;
    return { y: crossEntropyOfVectors(x, labels, { smoothing, ignored }), of: [x], terms: 40 };
  };
}

function dropped(rate: number): MakeGradient {
  return (graph, shape) => {
    const x = graph.input("x", shape);
    const seed = graph.fixed("seed", Uint32Array.of(11));
    return { y: dropout(x, { rate, stream: 2, seed }), of: [x], terms: 4 };
  };
}

function combined(run: (x: Value, other: Value) => Value): MakeGradient {
  return (graph, shape) => {
    const [x, other] = [graph.input("x", shape), graph.input("other", shape)];
    return { y: run(x, other), of: [x, other], terms: 40 };
  };
}

/** Three factors, some of which are trained, of vectors whose gradient is wanted or not. */
function factored(trained: readonly number[], ofInput: boolean): MakeGradient {
  return (graph, { vectors }) => {
    const chain = Chain.parse("1,4,2,6; 2,3,4,2; 4,4,3,1");
    const x = graph.input("x", { vectors, features: chain.cols });
    const factors = chain.patterns.map(({ a, b, c, d }) => parameter(a, b, c, d));
    const y = f.activate(f.linear(x, { chain, factors }), { kind: "tanh" });
    const of = trained.map((index) => factors[index] as Parameter);
    return { y, of: [...(ofInput ? [x] : []), ...of], terms: 400 };
  };
}

/** Two sequences of heads of `features` features, each for itself or in a group of two; queries may be the last ones alone. */
function attended(options: {
  readonly sharing: 1 | 2;
  readonly before: number;
  readonly causal: boolean;
  readonly measured?: boolean;
}): MakeGradient {
  return (graph, { vectors, features }) => {
    const { sharing, before, causal, measured = false } = options;
    const sequences = 2;
    const shape = (each: number, heads: number): { vectors: number; features: number } => ({
      vectors: sequences * each,
      features: heads * features,
    });
    const q = graph.input("q", shape(vectors, 2 * sharing));
    const [k, v] = [
      graph.input("k", shape(vectors + before, 2)),
      graph.input("v", shape(vectors + before, 2)),
    ];
    const lengths = measured ? graph.indices("lengths", sequences) : undefined;
    const heads = { heads: 2 * sharing, keyValueHeads: 2 };
    const y = f.attention(q, k, v, { sequences, ...heads, causal, lengths, scale: 0.7 });
    return { y, of: [q, k, v], terms: 400 };
  };
}

function rotated(style: f.RotaryStyle): MakeGradient {
  return (graph, { vectors, features }) => {
    const x = graph.input("x", { vectors, features: 4 * features });
    const [cosines, sines] = [parameter(vectors, 2), parameter(vectors, 2)];
    const y = f.rotary(x, { headFeatures: 4, style, cosines, sines, period: vectors });
    return { y, of: [x] };
  };
}

/** Cases of each kind of operation that has a gradient, and of several. */
export const GRADIENT_CASES: Readonly<Record<string, MakeGradient>> = {
  ...Object.fromEntries(
    Object.entries(ACTIVATIONS).map(([name, activation]) => [name, activated(activation)]),
  ),
  "layer normalization": normalized("layer", 1e-2, true),
  "rms normalization": normalized("rms", 1e-2, false),
  "l2 normalization": normalized("l2", 1e-12, true),
  "l2 normalization of short vectors": normalized("l2", 100, false),
  attention: attended({ sharing: 1, before: 0, causal: false }),
  "causal attention of grouped queries": attended({ sharing: 2, before: 3, causal: true }),
  "attention with lengths": attended({ sharing: 1, before: 2, causal: true, measured: true }),
  "rotary position embedding of neighbours": rotated("interleaved"),
  "rotary position embedding of halves": rotated("halves"),
  softmax: softmaxed(false),
  "logarithm of softmax": softmaxed(true),
  dropout: dropped(0.4),
  "cross-entropy": crossed(0, false),
  "smoothed cross-entropy with labels that are ignored": crossed(0.1, true),
  "squared error": combined(squaredError),
  sum: combined(f.add),
  product: combined(f.multiply),
  "sum with itself": combined((x, other) => f.add(f.multiply(x, x), f.multiply(x, other))),
  "sum with a vector": (graph, shape) => {
    const [x, vector] = [graph.input("x", shape), parameter(shape.features)];
    return { y: f.addVector(x, vector), of: [x, vector] };
  },
  "a dense matrix": (graph, shape) => {
    const [x, weight, bias] = [graph.input("x", shape), parameter(7, shape.features), parameter(7)];
    return { y: f.linear(x, weight, { bias }), of: [x, bias, weight], terms: 60 };
  },
  "a dense matrix that is not trained": (graph, shape) => {
    const x = graph.input("x", shape);
    return { y: f.linear(x, parameter(5, shape.features)), of: [x], terms: 60 };
  },
  "a product of factors": factored([0, 1, 2], true),
  "a product of factors, of which one is trained": factored([1], false),
  "a product of factors that are not trained": factored([], true),
  distillation: (graph, shape) => {
    const [x, teacher] = [graph.input("x", shape), graph.input("teacher", shape)];
    return { y: distillationOfVectors(x, teacher, 2.5), of: [x], terms: 80 };
  },
  "the loss of a classifier whose first layer is a product of factors": (graph, { vectors }) => {
    const chain = Chain.parse("1,4,2,6; 2,3,4,2");
    const x = graph.input("x", { vectors, features: chain.cols });
    const norm = [parameter(chain.cols), parameter(chain.cols)] as const;
    const factors = chain.patterns.map(({ a, b, c, d }) => parameter(a, b, c, d));
    const [bias, head] = [parameter(chain.rows), parameter(3, chain.rows)];
    const options = { norm: "layer", epsilon: 1, weight: norm[0], bias: norm[1] } as const;
    const hidden = f.linear(f.normalize(x, options), { chain, factors }, { bias });
    const active = f.activate(hidden, { kind: "gelu", approximate: "none" });
    const labels = graph.indices("labels", vectors);
    const y = crossEntropy(f.linear(active, head), labels, { smoothing: 0.1, ignored: 3 });
    return { y, of: [x, ...norm, ...factors, bias, head], terms: 400 };
  },
  "a gate between normalizations": (graph, shape) => {
    const [x, weight] = [graph.input("x", shape), parameter(shape.features)];
    const normal = f.normalize(x, { norm: "rms", epsilon: 1, weight });
    const gated = f.multiply(f.activate(normal, { kind: "silu" }), normal);
    const y = f.normalize(f.add(gated, x), { norm: "layer", epsilon: 1, weight });
    return { y, of: [x, weight], terms: 1000 };
  },
};
