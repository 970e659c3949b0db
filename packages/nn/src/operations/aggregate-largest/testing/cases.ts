import type { Graph } from "../../../graph/graph.ts";
import { sparse } from "../../../testing/draw.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { aggregateLargest } from "../operation.ts";

/** The operation as the last one of a graph. */
export const aggregateLargestCases: OperationCases = Object.fromEntries(
  [false, true].map((weighted) => [
    weighted ? "weighted" : "of the neighbours",
    {
      terms: 10,
      make: (graph: Graph) =>
        aggregateLargest(
          vectors(graph, 7, 5),
          vectors(graph, 9, 5),
          sparse([9, 7], 6, 5, weighted),
        ),
    },
  ]),
);

/** The operation on vectors of a model. */
export const aggregateLargestOnVectors: ValueOperations = [
  (x) => aggregateLargest(x, x, sparse([x.vectors, x.vectors], 5, 9, false)),
];
