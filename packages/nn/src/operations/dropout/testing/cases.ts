import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { dropout } from "../operation.ts";

/** The operation as the last one of a graph. */
export const dropoutCases: OperationCases = Object.fromEntries(
  [1, 7, 33].map((count) => [
    `${count} vectors`,
    {
      terms: 2,
      make: (graph: Graph) =>
        dropout(vectors(graph, count, 50), {
          ...{ rate: 0.4, stream: count, seed: graph.indices("seed", 1) },
        }),
      indices: { seed: [41] },
    },
  ]),
);

/** The operation on vectors of a model. */
export const dropoutOnVectors: ValueOperations = [
  (x: Value) =>
    dropout(x, { rate: 0.5, stream: 3, seed: x.graph.fixed("seed", Uint32Array.of(5)) }),
];
