import {
  FEATURES,
  type OperationCase,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const appendCases: OperationCases = Object.fromEntries(
  [0, 2, 3, 4].flatMap((position) =>
    [1, 3].map((count): [string, OperationCase] => [
      `${count} at ${position} of 5`,
      {
        terms: 0,
        make: (graph) => {
          const state = graph.state("kept", { vectors: 5, features: 2 });
          return f.append(vectors(graph, count, 2), state, graph.indices("position", 1));
        },
        indices: { position: [position] },
      },
    ]),
  ),
);

/** The operation on vectors of a model. */
export const appendOnVectors: ValueOperations = [
  (x) => {
    const state = x.graph.state("kept", { vectors: x.vectors + 5, features: FEATURES });
    return f.append(x, state, x.graph.indices("position", 1));
  },
];
