import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { NORMALIZATIONS } from "../../shared/testing/normalizations.ts";
import { normalizeParametersGradient } from "../operation.ts";

/** The operation as the last one of a graph. */
export const normalizeParametersGradientCases: OperationCases = Object.fromEntries(
  NORMALIZATIONS.flatMap((kind) =>
    [false, true].map((bias) => [
      `${kind.norm}, epsilon ${kind.epsilon}${bias ? ", with a bias" : ""}`,
      {
        terms: 80,
        make: (graph: Graph) =>
          normalizeParametersGradient(vectors(graph, 45, 30), vectors(graph, 45, 30), {
            ...kind,
            bias,
          }),
      },
    ]),
  ),
);

/** The operation on vectors of a model. */
export const normalizeParametersGradientOnVectors: ValueOperations = [false, true].map(
  (bias) => (x: Value) => normalizeParametersGradient(x, x, { norm: "layer", epsilon: 1e-5, bias }),
);
