import { Chain } from "@papilio/butterfly";
import { type Activation, ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import type { Graph } from "../../graph/graph.ts";
import { Parameter } from "../../modules/parameter.ts";
import * as f from "../../operations/index.ts";
import type { Matrix } from "../../operations/linear/matrix.ts";
import { linearDefinition } from "../../operations/linear/operation.ts";
import { type OperationCase, type OperationCases, parameter, vectors } from "./operation-case.ts";

const ACTIVATIONS: readonly Activation[] = [
  { kind: "relu" },
  { kind: "relu", upper: 0.5 },
  { kind: "leaky-relu", negativeSlope: 0.2 },
  { kind: "elu", alpha: 1 },
  { kind: "elu", alpha: 0.7 },
  { kind: "gelu", approximate: "none" },
  { kind: "gelu", approximate: "tanh" },
  { kind: "silu" },
  { kind: "sigmoid" },
  { kind: "tanh" },
];

function matrix(chain: string): Matrix {
  const parsed = Chain.parse(chain);
  // Scaled, so that sums of products of numbers up to 1 are up to 1.
  const factors = parsed.patterns.map(({ a, b, c, d }) => {
    const { shape, values } = parameter(a, b, c, d);
    return Parameter.of(
      shape,
      values.map((value) => value / c),
    );
  });
  return { chain: parsed, factors };
}

export const VECTOR_CASES = {
  linear: {
    dense: {
      terms: 13,
      size: 13,
      make: (graph) => f.linear(vectors(graph, 5, 13), parameter(7, 13)),
    },
    "dense with a bias": {
      terms: 14,
      size: 14,
      make: (graph) => f.linear(vectors(graph, 5, 13), parameter(7, 13), { bias: parameter(7) }),
    },
    ...Object.fromEntries(
      [
        "4,6,8,1",
        "1,6,8,5",
        "3,4,5,2",
        "1,7,1,3",
        "2,1,5,1",
        "1,192,48,2;2,48,192,1",
        "1,16,8,4;2,8,4,2;8,2,4,1",
        "2,4,6,5;4,15,10,1",
      ].flatMap((chain) =>
        [1, 5].map((count): [string, OperationCase] => {
          const made = matrix(chain);
          return [
            `${chain} of ${count} vectors`,
            {
              terms: made.chain.patterns.reduce((sum, { c }) => sum + c, 1),
              make: (graph) =>
                f.linear(vectors(graph, count, made.chain.cols), made, {
                  bias: parameter(made.chain.rows),
                }),
            },
          ];
        }),
      ),
    ),
    "with all that may follow": {
      terms: 12,
      size: 3,
      make: (graph) => {
        const x = vectors(graph, 3, 8);
        const [multiplier, addend] = [vectors(graph, 3, 6), vectors(graph, 3, 6)];
        return graph.add(
          linearDefinition,
          {
            path: "layer",
            x,
            matrix: matrix("2,3,4,1"),
            bias: parameter(6),
            activation: { kind: "silu" },
            multiplier,
            addend,
          },
          { vectors: 3, features: 6 },
        );
      },
    },
  },
  activation: Object.fromEntries(
    ACTIVATIONS.map((kind) => [
      JSON.stringify(kind),
      { terms: 8, make: (graph: Graph) => f.activate(vectors(graph, 3, 50), kind) },
    ]),
  ),
  combine: {
    sum: { terms: 2, make: (graph) => f.add(vectors(graph, 3, 5), vectors(graph, 3, 5)) },
    product: { terms: 1, make: (graph) => f.multiply(vectors(graph, 3, 5), vectors(graph, 3, 5)) },
    "with itself": {
      terms: 2,
      make: (graph) => {
        const x = vectors(graph, 3, 5);
        return f.add(x, x);
      },
    },
  },
  "add-vector": {
    vector: { terms: 2, make: (graph) => f.addVector(vectors(graph, 3, 5), parameter(1, 1, 5)) },
  },
  "gather-features": {
    permuted: {
      terms: 0,
      make: (graph) => f.gatherFeatures(vectors(graph, 3, 5), Uint32Array.of(4, 0, 3, 1, 2, 2)),
    },
    "with zeros": {
      terms: 0,
      make: (graph) => f.gatherFeatures(vectors(graph, 3, 5), Uint32Array.of(4, ZERO_FEATURE, 1)),
    },
    padded: { terms: 0, make: (graph) => f.resizeFeatures(vectors(graph, 3, 5), 8) },
    cut: { terms: 0, make: (graph) => f.resizeFeatures(vectors(graph, 3, 5), 2) },
  },
  normalize: {
    ...Object.fromEntries(
      (["layer", "rms", "l2"] as const).flatMap((norm): [string, OperationCase][] => [
        [
          norm,
          {
            terms: 24,
            size: 6,
            make: (graph) => f.normalize(vectors(graph, 3, 20), { norm, epsilon: 1e-3 }),
          },
        ],
        [
          `${norm} with a weight and a bias`,
          {
            terms: 24,
            size: 6,
            make: (graph) =>
              f.normalize(vectors(graph, 3, 20), {
                norm,
                epsilon: 1e-3,
                weight: parameter(20),
                bias: parameter(20),
              }),
          },
        ],
      ]),
    ),
    "l2 of what is shorter than epsilon": {
      terms: 24,
      size: 6,
      make: (graph) => f.normalize(vectors(graph, 3, 20), { norm: "l2", epsilon: 100 }),
    },
  },
  softmax: {
    softmax: { terms: 12, make: (graph) => f.softmax(vectors(graph, 4, 10)) },
    logarithm: { terms: 12, make: (graph) => f.softmax(vectors(graph, 4, 10), { log: true }) },
  },
} satisfies Readonly<Record<string, OperationCases>>;
