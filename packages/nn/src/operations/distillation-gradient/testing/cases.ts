import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { distillationOfVectors } from "../../distillation/operation.ts";
import { distillationGradient } from "../operation.ts";

/** The operation as the last one of a graph. */
export const distillationGradientCases: OperationCases = Object.fromEntries(
  [1, 2.5].map((temperature) => [
    `temperature ${temperature}`,
    {
      terms: 60,
      make: (graph: Graph) =>
        distillationGradient(
          vectors(graph, 5, 20),
          vectors(graph, 5, 20),
          vectors(graph, 5, 1),
          temperature,
        ),
    },
  ]),
);

/** The operation on vectors of a model. */
export const distillationGradientOnVectors: ValueOperations = [
  (x: Value) => {
    const teacher = x.graph.input("teacher", x);
    return distillationGradient(x, teacher, distillationOfVectors(x, teacher, 2), 2);
  },
];
