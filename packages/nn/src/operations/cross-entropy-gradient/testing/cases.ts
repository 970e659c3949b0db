import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { crossEntropyOfVectors } from "../../cross-entropy/operation.ts";
import { crossEntropyGradient } from "../operation.ts";

/** The operation as the last one of a graph. */
export const crossEntropyGradientCases: OperationCases = Object.fromEntries(
  [{ smoothing: 0 }, { smoothing: 0.1, ignored: 10 }, { smoothing: 0.1, ignored: 3 }].map(
    (options) => [
      JSON.stringify(options),
      {
        terms: 16,
        make: (graph: Graph) => {
          const labels = graph.indices("labels", 4);
          return crossEntropyGradient(vectors(graph, 4, 10), labels, vectors(graph, 4, 1), options);
        },
        indices: { labels: [3, 0, options.ignored ?? 9, 9] },
      },
    ],
  ),
);

/** The operation on vectors of a model. */
export const crossEntropyGradientOnVectors: ValueOperations = [
  (x: Value) => {
    const labels = x.graph.indices("labels", x.vectors);
    const loss = crossEntropyOfVectors(x, labels, { smoothing: 0 });
    return crossEntropyGradient(x, labels, loss, { smoothing: 0.2 });
  },
];
