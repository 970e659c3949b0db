import type { Value } from "../../../graph/value.ts";
import {
  type OperationCase,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const reduceVectorsCases: OperationCases = Object.fromEntries(
  (["mean", "sum", "max"] as const).flatMap((reduce): [string, OperationCase][] => [
    [
      reduce,
      {
        terms: 5,
        size: 4,
        make: (graph) => f.reduceVectors(vectors(graph, 8, 3), { reduce, period: 4 }),
      },
    ],
    [
      `${reduce} of the first`,
      {
        terms: 5,
        size: 4,
        make: (graph) =>
          f.reduceVectors(vectors(graph, 12, 3), {
            reduce,
            period: 4,
            lengths: graph.indices("lengths", 3),
          }),
        indices: { lengths: [4, 0, 1] },
      },
    ],
  ]),
);

/** The operation on vectors of a model. */
export const reduceVectorsOnVectors: ValueOperations = (["mean", "sum", "max"] as const).flatMap(
  (reduce) => [
    (x: Value) => f.reduceVectors(x, { reduce, period: x.vectors }),
    (x: Value) => {
      const lengths = x.graph.indices("lengths", 1);
      return f.reduceVectors(x, { reduce, period: x.vectors, lengths });
    },
  ],
);
