import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { squaredError } from "../operation.ts";

/** The operation as the last one of a graph. */
export const squaredErrorCases: OperationCases = {
  "of few": {
    terms: 30,
    make: (graph: Graph) => squaredError(vectors(graph, 5, 20), vectors(graph, 5, 20)),
  },
};

/** The operation on vectors of a model. */
export const squaredErrorOnVectors: ValueOperations = [
  (x: Value) => squaredError(x, x.graph.input("target", x)),
];
