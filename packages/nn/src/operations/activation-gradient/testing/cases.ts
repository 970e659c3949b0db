import type { Activation } from "@papilio/butterfly/numeric";
import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { activationGradient } from "../operation.ts";

const ACTIVATIONS: readonly Activation[] = [
  { kind: "relu" },
  { kind: "relu", upper: 0.5 },
  { kind: "leaky-relu", negativeSlope: 0.2 },
  { kind: "elu", alpha: 0.7 },
  { kind: "gelu", approximate: "none" },
  { kind: "gelu", approximate: "tanh" },
  { kind: "silu" },
  { kind: "sigmoid" },
  { kind: "tanh" },
];

/** The operation as the last one of a graph. */
export const activationGradientCases: OperationCases = Object.fromEntries(
  ACTIVATIONS.map((kind) => [
    JSON.stringify(kind),
    {
      terms: 12,
      make: (graph: Graph) =>
        activationGradient(vectors(graph, 3, 50), vectors(graph, 3, 50), kind),
    },
  ]),
);

/** The operation on vectors of a model. */
export const activationGradientOnVectors: ValueOperations = ACTIVATIONS.slice(4, 8).map(
  (kind) => (x: Value) => activationGradient(x, x, kind),
);
