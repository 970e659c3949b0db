import type { Layout, StorageDtype } from "@papilio/butterfly";
import { layout as layoutCheck, objectOf, optional, storageDtype } from "../arguments/checks.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import { flopsOf, operationsOf } from "../operations/operation.ts";
import type { PlacedProduct, Work } from "./choose-place.ts";

/**
 * The work of one run of a graph: the products of its linear layers, and the arithmetic of what is between
 * them, as `choosePlace` takes it.
 */
export function workOf(
  graph: Graph,
  options: { dtype?: StorageDtype; layout?: Layout } = {},
): Work {
  graphCheck("The graph", graph);
  objectOf({ dtype: optional(storageDtype), layout: optional(layoutCheck) })("workOf", options);
  const { dtype = "f32", layout = "batch-last" } = options;
  const operations = operationsOf(graph);
  const products = operations.flatMap((operation): PlacedProduct[] => {
    if (operation.kind !== "linear") return [];
    const { matrix, x } = operation;
    return [{ chain: matrix.chain, batch: x.vectors, dtype, layout }];
  });
  const others = operations.filter(({ kind }) => kind !== "linear");
  const flops = others.reduce((sum, operation) => sum + flopsOf(operation), 0);
  return { products, besides: { operations: others.length, flops } };
}
