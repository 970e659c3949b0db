import type { Value } from "../../../graph/value.ts";
import { parameter as drawn, sparse } from "../../../testing/draw.ts";
import {
  FEATURES,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { linear } from "../../linear/operation.ts";
import { edgeAttentionGradient } from "../operation.ts";

const common = { path: "", negativeSlope: 0.2 };

/** The operation as the last one of a graph. */
export const edgeAttentionGradientCases: OperationCases = {
  "two heads, of whose weights some are dropped": {
    terms: 60,
    size: 6,
    indices: { seed: [41] },
    make: (graph) => {
      const x = vectors(graph, 9, 6);
      const [sources, targets] = [vectors(graph, 9, 2), vectors(graph, 9, 2)];
      const attended = {
        ...{ ...common, x, sources, targets, heads: 2, adjacency: sparse([9, 9], 6, 5, false) },
        dropout: { rate: 0.4, stream: 3, seed: graph.indices("seed", 1) },
      };
      return edgeAttentionGradient(attended, vectors(graph, 9, 6));
    },
  },
  "two heads": {
    terms: 60,
    size: 3,
    make: (graph) => {
      const x = vectors(graph, 9, 6);
      const [sources, targets] = [vectors(graph, 9, 2), vectors(graph, 9, 2)];
      const adjacency = sparse([9, 9], 6, 5, false);
      const attended = { ...common, x, sources, targets, adjacency, heads: 2 };
      return edgeAttentionGradient(attended, vectors(graph, 9, 6));
    },
  },
};

/** The operation on vectors of a model. */
export const edgeAttentionGradientOnVectors: ValueOperations = [
  (x) => {
    const scores = (seed: number): Value => linear(x, drawn([3, FEATURES], seed));
    const [sources, targets] = [scores(1), scores(2)];
    const adjacency = sparse([x.vectors, x.vectors], 5, 9, false);
    const attended = { ...common, x, sources, targets, adjacency, heads: 3 };
    return edgeAttentionGradient(attended, x);
  },
];
