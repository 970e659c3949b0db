import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import { operationsOf } from "../operations/operation.ts";

/**
 * What the learning rate of each factor is multiplied by, so that one rate suits products of any width and number of
 * factors: `inputs of the product / (c · number of factors)` for a factor `(a, b, c, d)`. It is 1 for dense layers.
 *
 * Source: arXiv 2406.06248, the maximal update parametrization of structured layers with Adam.
 *
 * @param graph of the model, whose products are looked for
 */
export function factorRates(graph: Graph): ReadonlyMap<Parameter, number> {
  graphCheck("The graph", graph);
  const rates = new Map<Parameter, number>();
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear") continue;
    const { chain, factors } = operation.matrix;
    for (const [index, factor] of factors.entries()) {
      // Gradients multiply by single factors of a product, after the model has by all of it.
      if (rates.has(factor)) continue;
      const c = chain.patterns[index]?.c as number;
      rates.set(factor, chain.cols / (c * factors.length));
    }
  }
  return rates;
}
