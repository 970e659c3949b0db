import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { distillationOfVectors } from "../operation.ts";

/** The operation as the last one of a graph. */
export const distillationCases: OperationCases = Object.fromEntries(
  [1, 2.5].map((temperature) => [
    `temperature ${temperature}`,
    {
      terms: 60,
      make: (graph: Graph) =>
        distillationOfVectors(vectors(graph, 5, 20), vectors(graph, 5, 20), temperature),
    },
  ]),
);

/** The operation on vectors of a model. */
export const distillationOnVectors: ValueOperations = [
  (x: Value) => distillationOfVectors(x, x.graph.input("teacher", x), 2),
];
