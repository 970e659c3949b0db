import { parameter as drawn } from "../../../testing/draw.ts";
import {
  FEATURES,
  type OperationCases,
  parameter,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const gatherVectorsCases: OperationCases = {
  "of a table": {
    terms: 0,
    make: (graph) => f.gatherVectors(parameter(7, 3), graph.indices("ids", 4)),
    indices: { ids: [6, 0, 3, 3] },
  },
  "of a value, fixed": {
    terms: 0,
    make: (graph) =>
      f.gatherVectors(vectors(graph, 7, 3), graph.fixed("some", Uint32Array.of(5, 5, 0))),
  },
};

/** The operation on vectors of a model. */
export const gatherVectorsOnVectors: ValueOperations = [
  (x) => f.gatherVectors(x, x.graph.fixed("some", Uint32Array.of(x.vectors - 1, 0))),
  (x) => {
    const ids = x.graph.indices("ids", x.vectors);
    return f.add(x, f.gatherVectors(drawn([9, FEATURES], 4), ids));
  },
];
