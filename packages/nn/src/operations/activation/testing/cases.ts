import type { Activation } from "@papilio/butterfly/numeric";
import type { Graph } from "../../../graph/graph.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

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

/** The operation as the last one of a graph. */
export const activationCases: OperationCases = Object.fromEntries(
  ACTIVATIONS.map((kind) => [
    JSON.stringify(kind),
    { terms: 8, make: (graph: Graph) => f.activate(vectors(graph, 3, 50), kind) },
  ]),
);

/** The operation on vectors of a model. */
export const activationOnVectors: ValueOperations = [
  (x) => f.activate(x, { kind: "gelu", approximate: "none" }),
  (x) => f.activate(x, { kind: "silu" }),
];
