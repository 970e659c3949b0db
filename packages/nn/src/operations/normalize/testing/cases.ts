import type { Value } from "../../../graph/value.ts";
import { parameter as drawn } from "../../../testing/draw.ts";
import {
  FEATURES,
  type OperationCase,
  type OperationCases,
  parameter,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const normalizeCases: OperationCases = {
  ...Object.fromEntries(
    (["layer", "rms", "l2"] as const).flatMap((norm): [string, OperationCase][] => [
      [
        norm,
        {
          terms: 24,
          size: 6,
          make: (graph) => f.normalize(vectors(graph, 3, 20), { norm, epsilon: 1e-3 }),
        },
      ],
      [
        `${norm} with a weight and a bias`,
        {
          terms: 24,
          size: 6,
          make: (graph) =>
            f.normalize(vectors(graph, 3, 20), {
              norm,
              epsilon: 1e-3,
              weight: parameter(20),
              bias: parameter(20),
            }),
        },
      ],
    ]),
  ),
  "l2 of what is shorter than epsilon": {
    terms: 24,
    size: 6,
    make: (graph) => f.normalize(vectors(graph, 3, 20), { norm: "l2", epsilon: 100 }),
  },
};

/** The operation on vectors of a model. */
export const normalizeOnVectors: ValueOperations = (["layer", "rms", "l2"] as const).map(
  (norm) => (x: Value) =>
    f.normalize(x, {
      norm,
      epsilon: 1e-5,
      ...(norm === "l2" ? {} : { weight: drawn([FEATURES], 1) }),
      ...(norm === "layer" ? { bias: drawn([FEATURES], 2) } : {}),
    }),
);
