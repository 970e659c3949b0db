import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { type Operation, operandsOf } from "../operations/operation.ts";

/** How often each value is read by operations, or is an output of the graph. */
export function countUses(graph: Graph, operations: readonly Operation[]): Map<Value, number> {
  const uses = new Map<Value, number>();
  for (const value of [...operations.flatMap(operandsOf), ...graph.outputs.values()]) {
    uses.set(value, (uses.get(value) ?? 0) + 1);
  }
  return uses;
}
