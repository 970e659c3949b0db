import type { Value } from "../../../graph/value.ts";
import { sparse } from "../../../testing/draw.ts";
import {
  type OperationCase,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";
import { NO_EDGES } from "../../shared/testing/edges.ts";

/** The operation as the last one of a graph. */
export const aggregateCases: OperationCases = Object.fromEntries(
  (["mean", "sum", "max"] as const).flatMap((reduce) =>
    Object.entries({
      "weighted edges": sparse([9, 12], 6, 5, true),
      edges: sparse([9, 12], 6, 5, false),
      nothing: NO_EDGES,
    }).map(([name, edges]): [string, OperationCase] => [
      `${reduce} of ${name}`,
      {
        terms: 8,
        size: 4,
        make: (graph) => f.aggregate(vectors(graph, 12, 5), edges, { reduce }),
      },
    ]),
  ),
);

/** The operation on vectors of a model. */
export const aggregateOnVectors: ValueOperations = (["sum", "mean", "max"] as const).flatMap(
  (reduce) =>
    [false, true].map(
      (weighted) => (x: Value) =>
        f.aggregate(x, sparse([7, x.vectors], 4, 5, weighted), { reduce }),
    ),
);
