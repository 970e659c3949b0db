import type { Value } from "../../../graph/value.ts";
import { parameter as drawn, sparse } from "../../../testing/draw.ts";
import {
  FEATURES,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const edgeAttentionCases: OperationCases = {
  "two heads, of whose weights some are dropped": {
    terms: 24,
    size: 6,
    indices: { seed: [41] },
    training: true,
    make: (graph) =>
      f.edgeAttention(vectors(graph, 9, 6), {
        ...{ sources: vectors(graph, 9, 2), targets: vectors(graph, 9, 2), heads: 2 },
        ...{ adjacency: sparse([9, 9], 6, 5, false), negativeSlope: 0.2 },
        dropout: { rate: 0.4, stream: 3, seed: graph.indices("seed", 1) },
      }),
  },
  "two heads": {
    terms: 24,
    size: 3,
    make: (graph) =>
      f.edgeAttention(vectors(graph, 9, 6), {
        sources: vectors(graph, 9, 2),
        targets: vectors(graph, 9, 2),
        adjacency: sparse([9, 9], 6, 5, false),
        heads: 2,
        negativeSlope: 0.2,
      }),
  },
};

/** The operation on vectors of a model. */
export const edgeAttentionOnVectors: ValueOperations = [
  (x) => {
    const scores = (seed: number): Value => f.linear(x, drawn([3, FEATURES], seed));
    return f.edgeAttention(x, {
      adjacency: sparse([x.vectors, x.vectors], 5, 9, false),
      heads: 3,
      negativeSlope: 0.2,
      sources: scores(1),
      targets: scores(2),
    });
  },
];
