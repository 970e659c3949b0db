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
export const addVectorCases: OperationCases = {
  vector: { terms: 2, make: (graph) => f.addVector(vectors(graph, 3, 5), parameter(1, 1, 5)) },
};

/** The operation on vectors of a model. */
export const addVectorOnVectors: ValueOperations = [(x) => f.addVector(x, drawn([FEATURES], 3))];
