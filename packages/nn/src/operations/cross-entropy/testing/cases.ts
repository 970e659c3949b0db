import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { crossEntropyOfVectors } from "../operation.ts";

/** The operation as the last one of a graph. */
export const crossEntropyCases: OperationCases = Object.fromEntries(
  [{ smoothing: 0 }, { smoothing: 0.1, ignored: 10 }, { smoothing: 0.1, ignored: 3 }].map(
    (options) => [
      JSON.stringify(options),
      {
        terms: 16,
        make: (graph: Graph) =>
          crossEntropyOfVectors(vectors(graph, 4, 10), graph.indices("labels", 4), options),
        indices: { labels: [3, 0, options.ignored ?? 9, 9] },
      },
    ],
  ),
);

/** The operation on vectors of a model. */
export const crossEntropyOnVectors: ValueOperations = [0, 0.2].map((smoothing) => (x: Value) => {
  const labels = x.graph.indices("labels", x.vectors);
  return crossEntropyOfVectors(x, labels, { smoothing, ignored: x.features });
});
