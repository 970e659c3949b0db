import type { Layout, StorageDtype } from "@papilio/butterfly";
import { layout as layoutCheck, objectOf, optional, storageDtype } from "../arguments/checks.ts";
import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import type { Operation } from "../graph/operation.ts";
import type { PlacedProduct, Work } from "./choose-place.ts";

/** Operations of an element of what is computed without a product or attention, roughly. */
const FLOPS_PER_ELEMENT = 8;

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
  const { operations } = graph;
  const { dtype = "f32", layout = "batch-last" } = options;
  const products = operations.flatMap((operation): PlacedProduct[] => {
    if (operation.kind !== "linear") return [];
    const { matrix, x } = operation;
    return [{ chain: matrix.chain, batch: x.vectors, dtype, layout }];
  });
  const others = operations.filter(({ kind }) => kind !== "linear");
  const flops = others.reduce((sum, operation) => sum + flopsOf(operation), 0);
  return { products, besides: { operations: others.length, flops } };
}

function flopsOf(operation: Operation): number {
  const elements = operation.output.vectors * operation.output.features;
  switch (operation.kind) {
    case "attention": {
      // Two products of each query with each key or value of its sequence.
      const keys = operation.keys.vectors / operation.sequences;
      return 4 * elements * keys;
    }
    case "aggregate":
    case "edge-attention":
      return (
        FLOPS_PER_ELEMENT * elements +
        2 * operation.graph.columns.length * operation.output.features
      );
    case "sparse-linear":
      return 2 * operation.x.vectors * operation.matrix.columns.length;
    default:
      return FLOPS_PER_ELEMENT * elements;
  }
}
