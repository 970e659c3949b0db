import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { squaredError } from "../../squared-error/operation.ts";
import { squaredErrorGradient } from "../operation.ts";

/** The operation as the last one of a graph. */
export const squaredErrorGradientCases: OperationCases = {
  "of few": {
    terms: 8,
    make: (graph: Graph) =>
      squaredErrorGradient(vectors(graph, 5, 20), vectors(graph, 5, 20), vectors(graph, 5, 1)),
  },
};

/** The operation on vectors of a model. */
export const squaredErrorGradientOnVectors: ValueOperations = [
  (x: Value) => {
    const target = x.graph.input("target", x);
    return squaredErrorGradient(x, target, squaredError(x, target));
  },
];
