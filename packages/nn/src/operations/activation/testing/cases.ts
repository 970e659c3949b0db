import type { Graph } from "../../../graph/graph.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";
import { ACTIVATIONS } from "../../shared/testing/activations.ts";

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
