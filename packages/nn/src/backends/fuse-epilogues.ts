import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { LinearOperation } from "../operations/linear/operation.ts";
import type { Operation } from "../operations/operation.ts";
import { operationsOf } from "../operations/operation.ts";
import { countUses } from "./count-uses.ts";

/**
 * Moves activations, products and sums that follow a linear operation into it, where nothing else needs
 * what is between: they are then done in the multiplication's kernel, on numbers in registers.
 *
 * @param operations of the graph, in another order than it has them
 */
export function fuseEpilogues(
  graph: Graph,
  operations: readonly Operation[] = operationsOf(graph),
): Operation[] {
  const uses = countUses(graph, operations);
  const fused: Operation[] = [];
  for (const operation of operations) {
    const found = fusable(operation, fused, uses);
    if (found === undefined) {
      fused.push(operation);
      continue;
    }
    fused.splice(fused.indexOf(found.linear), 1);
    // Where the last of them stands, because all that it needs is there by then.
    if (found.before !== undefined) {
      fused.splice(fused.indexOf(found.before.linear), 1);
      fused.push({ ...found.before.linear, ...found.before.added });
    }
    fused.push({ ...found.linear, ...found.added, output: operation.output });
  }
  return fused;
}

/** A linear operation, and what another operation adds to it. */
interface Fused {
  readonly linear: LinearOperation;
  readonly added: Partial<LinearOperation>;
  /** The one before it that takes the sum, where it has an addend itself, which that one computes. */
  readonly before?: Fused;
}

/** The linear operation that an operation can become a part of. */
function fusable(
  operation: Operation,
  before: readonly Operation[],
  uses: ReadonlyMap<Value, number>,
): Fused | undefined {
  const alone = (value: Value): LinearOperation | undefined => {
    if (uses.get(value) !== 1) return undefined;
    const found = before.find(({ output }) => output === value);
    return found?.kind === "linear" ? found : undefined;
  };
  const linearOf = (value: Value): LinearOperation | undefined => {
    const found = alone(value);
    return found?.addend === undefined ? found : undefined;
  };
  if (operation.kind === "activation") {
    const linear = linearOf(operation.x);
    if (linear === undefined || linear.activation || linear.multiplier) return undefined;
    return { linear, added: { activation: operation.activation } };
  }
  if (operation.kind !== "combine") return undefined;
  const { x, other } = operation;
  for (const [own, operand] of [
    [x, other],
    [other, x],
  ] as const) {
    const linear = linearOf(own);
    if (linear === undefined) continue;
    if (operation.operation === "add") return { linear, added: { addend: operand } };
    if (linear.multiplier === undefined) return { linear, added: { multiplier: operand } };
  }
  if (operation.operation !== "add") return undefined;
  // A sum of two products and another value: the first of them adds that, and the second what the first has.
  for (const [own, operand] of [
    [x, other],
    [other, x],
  ] as const) {
    const linear = alone(own);
    const first = linear?.addend && linearOf(linear.addend);
    if (linear === undefined || first === undefined) continue;
    return { linear, added: {}, before: { linear: first, added: { addend: operand } } };
  }
  return undefined;
}
