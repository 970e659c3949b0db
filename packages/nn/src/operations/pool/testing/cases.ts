import type { Value } from "../../../graph/value.ts";
import {
  type OperationCase,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";
import { imageOf, WINDOWS } from "../../shared/testing/windows.ts";

/** The operation as the last one of a graph. */
export const poolCases: OperationCases = Object.fromEntries(
  (["max", "average"] as const).flatMap((pool) =>
    Object.entries(WINDOWS).map(([name, window]): [string, OperationCase] => [
      `${pool} of ${name}`,
      {
        terms: 8,
        size: 4,
        make: (graph) =>
          f.pool(vectors(graph, 2 * window.size[0] * window.size[1], 3), window, { pool }),
      },
    ]),
  ),
);

/** The operation on vectors of a model. */
export const poolOnVectors: ValueOperations = (["max", "average"] as const).map(
  (kind) => (x: Value) => f.pool(x, imageOf(x), { pool: kind }),
);
