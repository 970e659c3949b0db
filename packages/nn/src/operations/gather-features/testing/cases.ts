import { ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const gatherFeaturesCases: OperationCases = {
  permuted: {
    terms: 0,
    make: (graph) => f.gatherFeatures(vectors(graph, 3, 5), Uint32Array.of(4, 0, 3, 1, 2, 2)),
  },
  "with zeros": {
    terms: 0,
    make: (graph) => f.gatherFeatures(vectors(graph, 3, 5), Uint32Array.of(4, ZERO_FEATURE, 1)),
  },
  padded: { terms: 0, make: (graph) => f.resizeFeatures(vectors(graph, 3, 5), 8) },
  cut: { terms: 0, make: (graph) => f.resizeFeatures(vectors(graph, 3, 5), 2) },
};

/** The operation on vectors of a model. */
export const gatherFeaturesOnVectors: ValueOperations = [
  (x) => f.gatherFeatures(x, Uint32Array.of(11, ZERO_FEATURE, 0, 3, 3)),
];
