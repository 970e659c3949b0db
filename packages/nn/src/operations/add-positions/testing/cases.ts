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
export const addPositionsCases: OperationCases = {
  "from the first": {
    terms: 2,
    make: (graph) => f.addPositions(vectors(graph, 6, 4), parameter(5, 4), { period: 3 }),
  },
  "with one prepended": {
    terms: 2,
    make: (graph) =>
      f.addPositions(vectors(graph, 6, 4), parameter(1, 4, 4), {
        period: 3,
        prepended: parameter(1, 1, 4),
      }),
  },
  "from a position, of one sequence, with one prepended": {
    terms: 2,
    make: (graph) =>
      f.addPositions(vectors(graph, 3, 4), parameter(9, 4), {
        period: 3,
        prepended: parameter(4),
        position: graph.indices("position", 1),
      }),
    indices: { position: [5] },
  },
  "from positions of sequences, with one prepended": {
    terms: 2,
    make: (graph) =>
      f.addPositions(vectors(graph, 6, 4), parameter(9, 4), {
        period: 2,
        prepended: parameter(4),
        position: graph.indices("position", 3),
      }),
    indices: { position: [6, 0, 3] },
  },
};

/** The operation on vectors of a model. */
export const addPositionsOnVectors: ValueOperations = [
  (x) => f.addPositions(x, drawn([x.vectors, FEATURES], 1), { period: x.vectors }),
  (x) => {
    const prepended = drawn([FEATURES], 2);
    return f.addPositions(x, drawn([2, FEATURES], 1), { period: 1, prepended });
  },
  (x) => {
    const position = x.graph.indices("position", 1);
    const table = drawn([x.vectors + 3, FEATURES], 1);
    return f.addPositions(x, table, { period: x.vectors, position });
  },
  (x) => {
    const position = x.graph.indices("position", x.vectors);
    return f.addPositions(x, drawn([7, FEATURES], 1), { period: 1, position });
  },
];
