import type { Graph } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import { type OperationCases, vectors } from "../../../testing/operation-case.ts";
import { SETTINGS, stepSettings } from "../operation.ts";

function of(graph: Graph, lengths: readonly number[], clip?: number): Value {
  const gradients = lengths.map((length) => vectors(graph, 1, length));
  return stepSettings(gradients, vectors(graph, 1, 1), vectors(graph, 1, SETTINGS), clip);
}

/** The operation as the last one of a graph. */
export const stepSettingsCases: OperationCases = {
  "of one gradient": { terms: 30, make: (graph) => of(graph, [7]) },
  "of gradients of many parts, clipped": {
    terms: 30,
    make: (graph) => of(graph, [3, 20_000, 65], 0.25),
  },
  "of gradients that are less than what they are clipped at": {
    terms: 30,
    make: (graph) => of(graph, [3, 5], 1e6),
  },
};
