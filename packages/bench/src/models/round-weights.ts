import { dequantizeValues, type FewBits, quantizeValues } from "@papilio/butterfly/numeric";
import type { Graph } from "@papilio/nn/graph";
import { operationsOf } from "@papilio/nn/operations";

/** Gives the linear layers of a graph the weights that few bits leave, in place: each factor is rounded once. */
export function roundWeights(graph: Graph, dtype: FewBits): void {
  const rounded = new Set<object>();
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear") continue;
    const { chain, factors } = operation.matrix;
    for (const [index, { a, b, c, d }] of chain.patterns.entries()) {
      const factor = factors[index];
      if (factor === undefined || rounded.has(factor)) continue;
      rounded.add(factor);
      factor.values = dequantizeValues(quantizeValues(factor.values, [a, b, c, d], dtype));
    }
  }
}
