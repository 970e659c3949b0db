import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import { operationsOf } from "../operations/operation.ts";

/**
 * What the weight decay of each factor is multiplied by, `1 / number of factors`, so that a product of factors that have one
 * learning rate shrinks in a step as a dense matrix does: the factors of a product all shrink, and it by all of them. It is
 * 1 for dense layers.
 *
 * @param graph of the model, whose products are looked for
 */
export function factorDecays(graph: Graph): ReadonlyMap<Parameter, number> {
  graphCheck("The graph", graph);
  const decays = new Map<Parameter, number>();
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear") continue;
    const { factors } = operation.matrix;
    for (const factor of factors) {
      // Gradients multiply by single factors of a product, after the model has by all of it.
      if (!decays.has(factor)) decays.set(factor, 1 / factors.length);
    }
  }
  return decays;
}
