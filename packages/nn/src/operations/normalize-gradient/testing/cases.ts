import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  FEATURES,
  type OperationCases,
  parameter,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { NORMALIZATIONS } from "../../shared/testing/normalizations.ts";
import { normalizeGradient } from "../operation.ts";

/** The operation as the last one of a graph. */
export const normalizeGradientCases: OperationCases = Object.fromEntries(
  NORMALIZATIONS.flatMap((kind) =>
    [false, true].map((weighted) => [
      `${kind.norm}, epsilon ${kind.epsilon}${weighted ? ", weighted" : ""}`,
      {
        terms: 60,
        make: (graph: Graph) => {
          const weight = weighted ? parameter(30) : undefined;
          return normalizeGradient(vectors(graph, 5, 30), vectors(graph, 5, 30), {
            ...kind,
            weight,
          });
        },
      },
    ]),
  ),
);

/** The operation on vectors of a model. */
export const normalizeGradientOnVectors: ValueOperations = NORMALIZATIONS.slice(0, 2).map(
  (kind) => {
    const weight = parameter(FEATURES);
    return (x: Value) => normalizeGradient(x, x, { ...kind, weight });
  },
);
