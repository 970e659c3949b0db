import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import type { Operation } from "../../operations/operation.ts";
import type { UnfoldOperation } from "../../operations/unfold/operation.ts";
import { countUses } from "../count-uses.ts";

/** Windows of images that only a linear operation reads: it has the images read instead, where its kernel can. */
export function unwrittenWindows(
  graph: Graph,
  operations: readonly Operation[],
): Map<Value, UnfoldOperation> {
  const uses = countUses(graph, operations);
  const multiplied = new Set<Value>();
  for (const operation of operations) if (operation.kind === "linear") multiplied.add(operation.x);
  const windows = new Map<Value, UnfoldOperation>();
  for (const operation of operations) {
    const { kind, output } = operation;
    if (kind !== "unfold" || uses.get(output) !== 1 || !multiplied.has(output)) continue;
    windows.set(output, operation);
  }
  return windows;
}
