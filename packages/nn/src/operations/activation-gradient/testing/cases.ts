import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { ACTIVATIONS } from "../../shared/testing/activations.ts";
import { activationGradient } from "../operation.ts";

/** The operation as the last one of a graph. */
export const activationGradientCases: OperationCases = Object.fromEntries(
  ACTIVATIONS.map((kind) => [
    JSON.stringify(kind),
    {
      terms: 12,
      make: (graph: Graph) =>
        activationGradient(vectors(graph, 3, 50), vectors(graph, 3, 50), kind),
    },
  ]),
);

/** The operation on vectors of a model. */
export const activationGradientOnVectors: ValueOperations = ACTIVATIONS.slice(5, 9).map(
  (kind) => (x: Value) => activationGradient(x, x, kind),
);
