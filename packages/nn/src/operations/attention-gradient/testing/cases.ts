import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { attentionGradient } from "../operation.ts";

const common = { path: "", scale: 0.6 };

/** The operation as the last one of a graph. */
export const attentionGradientCases: OperationCases = Object.fromEntries(
  (["queries", "keys"] as const).map((by) => [
    by,
    {
      terms: 200,
      size: 4,
      indices: { lengths: [5, 3] },
      make: (graph) => {
        const [queries, output, dy] = [12, 12, 12].map((size) => vectors(graph, 8, size)) as [
          Value,
          Value,
          Value,
        ];
        const [keys, values] = [vectors(graph, 10, 6), vectors(graph, 10, 6)];
        const lengths = graph.indices("lengths", 2);
        lengths.requireBelow(6);
        const heads = { sequences: 2, heads: 4, keyValueHeads: 2, causal: true };
        const attended = { ...common, ...heads, queries, keys, values, output, lengths };
        return attentionGradient(attended, dy, by);
      },
    },
  ]),
);

/** The operation on vectors of a model. */
export const attentionGradientOnVectors: ValueOperations = (["queries", "keys"] as const).map(
  (by) => (x) => {
    const heads = { sequences: 1, heads: 3, keyValueHeads: 3, causal: false };
    const attended = { ...common, ...heads, queries: x, keys: x, values: x, output: x };
    return attentionGradient(attended, x, by);
  },
);
