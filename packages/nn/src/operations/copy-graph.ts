import { Graph } from "../graph/graph.ts";
import { Indices, Value } from "../graph/value.ts";
import { Parameter } from "../modules/parameter.ts";
import type { LinearOperation } from "./linear/operation.ts";
import { addOperation, operationsOf } from "./operation.ts";

/** What differs in a copy of a graph. */
export interface GraphChanges {
  /** What a parameter is read as. */
  parameter(parameter: Parameter): Parameter;
  /**
   * Computes a linear operation in another way.
   *
   * @param operation whose operands and parameters are those of the copy
   * @param original as it is in the graph
   * @returns its output in the copy; undefined for an operation that stays
   */
  linear(operation: LinearOperation, original: LinearOperation): Value | undefined;
}

/**
 * A copy of a graph, with changes. Its inputs, states and outputs have the names and shapes of the graph's.
 *
 * @throws PapilioError `GRAPH_SHAPE` where an output has another shape than before
 */
export function copyGraph(graph: Graph, changes: GraphChanges): Graph {
  const copy = new Graph();
  const known = new Map<unknown, Value | Indices>();
  const bounded = (from: Indices, to: Indices): void => {
    to.requireBelow(from.below);
    known.set(from, to);
  };
  for (const [name, input] of graph.inputs) {
    if (input instanceof Indices) bounded(input, copy.indices(name, input.length));
    else known.set(input, copy.input(name, input));
  }
  for (const one of graph.fixedIndices) {
    bounded(one, copy.fixed(one.name, one.fixed as Uint32Array));
  }
  for (const { name, value } of graph.states.values()) known.set(value, copy.state(name, value));
  const brought = (field: unknown): unknown => {
    if (field instanceof Value || field instanceof Indices) return known.get(field);
    if (field instanceof Parameter) return changes.parameter(field);
    if (Array.isArray(field)) return field.map(brought);
    // Chains, arrays of numbers and other objects with a class are shared.
    if (typeof field !== "object" || field === null) return field;
    if (Object.getPrototypeOf(field) !== Object.prototype) return field;
    return Object.fromEntries(Object.entries(field).map(([key, one]) => [key, brought(one)]));
  };
  for (const original of operationsOf(graph)) {
    const { output, ...fields } = original;
    const operation = { ...(brought(fields) as typeof original), output };
    const changed =
      operation.kind === "linear" && original.kind === "linear"
        ? changes.linear(operation, original)
        : undefined;
    known.set(output, changed ?? addOperation(copy, operation));
  }
  for (const [name, value] of graph.outputs) copy.output(name, known.get(value) as Value);
  return copy;
}
