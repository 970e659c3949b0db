import { sparse } from "../../../testing/draw.ts";
import {
  FEATURES,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";
import { NO_EDGES } from "../../shared/testing/edges.ts";

/** The operation as the last one of a graph. */
export const sparseLinearCases: OperationCases = {
  weighted: {
    terms: 8,
    size: 5,
    make: (graph) => f.sparseLinear(vectors(graph, 3, 12), sparse([9, 12], 6, 5, true)),
  },
  "ones, of one vector": {
    terms: 8,
    size: 5,
    make: (graph) => f.sparseLinear(vectors(graph, 1, 12), sparse([9, 12], 6, 5, false)),
  },
  "by nothing": { terms: 0, make: (graph) => f.sparseLinear(vectors(graph, 3, 12), NO_EDGES) },
};

/** The operation on vectors of a model. */
export const sparseLinearOnVectors: ValueOperations = [
  (x) => f.sparseLinear(x, sparse([10, FEATURES], 5, 3, true)),
  (x) => f.sparseLinear(x, sparse([10, FEATURES], 5, 3, false)),
];
