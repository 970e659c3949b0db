import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import type { OperationCases, ValueOperations } from "../../../testing/operation-case.ts";
import { multiply } from "../../combine/operation.ts";
import { crossEntropyOfVectors } from "../../cross-entropy/operation.ts";
import { labelWeights } from "../operation.ts";

/** The operation as the last one of a graph. */
export const labelWeightsCases: OperationCases = Object.fromEntries(
  [10, 3].map((ignored) => [
    `without ${ignored}`,
    {
      terms: 2,
      make: (graph: Graph) => labelWeights(graph.indices("labels", 5), 10, ignored),
      indices: { labels: [3, 0, ignored, 9, ignored] },
    },
  ]),
);

/** The operation on vectors of a model. */
export const labelWeightsOnVectors: ValueOperations = [
  (x: Value) => {
    const labels = x.graph.indices("labels", x.vectors);
    const loss = crossEntropyOfVectors(x, labels, { smoothing: 0, ignored: 1 });
    return multiply(loss, labelWeights(labels, x.features, 1));
  },
];
