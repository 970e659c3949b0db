import {
  FEATURES,
  type OperationCase,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const appendCases: OperationCases = Object.fromEntries([
  ...appendedTogether(),
  ...appendedEach(),
]);

/** Vectors that follow one another. */
function appendedTogether(): [string, OperationCase][] {
  return [0, 2, 3, 4].flatMap((position) =>
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
  );
}

/** Vectors that have a place each, past the end too. */
function appendedEach(): [string, OperationCase][] {
  const lists = [[4, 0, 2], [1, 5, 5, 0], Array.from({ length: 19 }, (_, at) => (7 * at) % 19)];
  return lists.map((position): [string, OperationCase] => {
    const count = position.length;
    const make: OperationCase["make"] = (graph) => {
      const state = graph.state("kept", { vectors: Math.max(count, 5), features: 2 });
      return f.append(vectors(graph, count, 2), state, graph.indices("position", count));
    };
    return [`${count}, each where it belongs`, { terms: 0, make, indices: { position } }];
  });
}

/** The operation on vectors of a model. */
export const appendOnVectors: ValueOperations = [
  (x) => {
    const state = x.graph.state("kept", { vectors: x.vectors + 5, features: FEATURES });
    const places = Uint32Array.from({ length: x.vectors }, (_, at) => x.vectors + 4 - at);
    return f.append(x, state, x.graph.fixed("places", places));
  },
  (x) => {
    const state = x.graph.state("kept", { vectors: x.vectors + 5, features: FEATURES });
    return f.append(x, state, x.graph.indices("position", 1));
  },
];
