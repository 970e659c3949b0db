import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const combineCases: OperationCases = {
  sum: { terms: 2, make: (graph) => f.add(vectors(graph, 3, 5), vectors(graph, 3, 5)) },
  product: { terms: 1, make: (graph) => f.multiply(vectors(graph, 3, 5), vectors(graph, 3, 5)) },
  "with itself": {
    terms: 2,
    make: (graph) => {
      const x = vectors(graph, 3, 5);
      return f.add(x, x);
    },
  },
};

/** The operation on vectors of a model. */
export const combineOnVectors: ValueOperations = [
  (x) => f.add(x, f.activate(x, { kind: "relu" })),
  (x) => f.multiply(x, x),
];
