import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const softmaxCases: OperationCases = {
  softmax: { terms: 12, make: (graph) => f.softmax(vectors(graph, 4, 10)) },
  logarithm: { terms: 12, make: (graph) => f.softmax(vectors(graph, 4, 10), { log: true }) },
};

/** The operation on vectors of a model. */
export const softmaxOnVectors: ValueOperations = [false, true].map(
  (log) => (x: Value) => f.softmax(x, { log }),
);
