import { Pattern } from "@papilio/butterfly";
import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  FEATURES,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { factorGradient } from "../operation.ts";

const PATTERNS = [new Pattern(1, 5, 7, 1), new Pattern(2, 3, 4, 3), new Pattern(3, 1, 2, 2)];

/** The operation as the last one of a graph. */
export const factorGradientCases: OperationCases = Object.fromEntries(
  PATTERNS.map((pattern) => [
    `pattern ${pattern}`,
    {
      terms: 40,
      make: (graph: Graph) =>
        factorGradient(vectors(graph, 21, pattern.cols), vectors(graph, 21, pattern.rows), pattern),
    },
  ]),
);

/** The operation on vectors of a model. */
export const factorGradientOnVectors: ValueOperations = [
  new Pattern(1, FEATURES, FEATURES, 1),
  new Pattern(2, 3, 3, 2),
].map((pattern) => (x: Value) => factorGradient(x, x, pattern));
