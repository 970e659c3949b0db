import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { softmaxGradient } from "../operation.ts";

/** The operation as the last one of a graph. */
export const softmaxGradientCases: OperationCases = Object.fromEntries(
  [false, true].map((log) => [
    log ? "logarithm" : "softmax",
    {
      terms: 30,
      make: (graph: Graph) => softmaxGradient(vectors(graph, 4, 10), vectors(graph, 4, 10), log),
    },
  ]),
);

/** The operation on vectors of a model. */
export const softmaxGradientOnVectors: ValueOperations = [
  (x: Value) => softmaxGradient(x, x, false),
];
