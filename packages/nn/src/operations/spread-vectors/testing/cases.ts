import type { Value } from "../../../graph/value.ts";
import {
  type OperationCase,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { spreadVectors } from "../operation.ts";

const REDUCTIONS = ["sum", "mean", "max"] as const;

/** The operation as the last one of a graph. */
export const spreadVectorsCases: OperationCases = Object.fromEntries(
  REDUCTIONS.flatMap((reduce): [string, OperationCase][] => [
    [
      reduce,
      {
        terms: 2,
        make: (graph) =>
          spreadVectors(vectors(graph, 3, 5), { reduce, period: 4, x: vectors(graph, 12, 5) }),
      },
    ],
    [
      `${reduce} of lengths`,
      {
        terms: 2,
        make: (graph) =>
          spreadVectors(vectors(graph, 3, 5), {
            ...{ reduce, period: 4, x: vectors(graph, 12, 5) },
            lengths: graph.indices("lengths", 3),
          }),
        indices: { lengths: [3, 0, 4] },
      },
    ],
  ]),
);

/** The operation on vectors of a model. */
export const spreadVectorsOnVectors: ValueOperations = REDUCTIONS.map(
  (reduce) => (x: Value) => spreadVectors(x, { reduce, period: 1, x }),
);
