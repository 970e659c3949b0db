import type { FloatArray } from "@papilio/butterfly";
import { checkInputs, type RunInputs } from "../../graph/executable.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { operandsOf, operationsOf } from "../../operations/operation.ts";
import type { ReferenceContext } from "../../operations/reference-context.ts";
import { evaluate } from "../reference/evaluate.ts";
import type { CpuStates } from "./cpu-states.ts";

/** Runs of a graph by the readable reference, operation by operation; what is not needed any more is forgotten. */
export class ReferenceRuns {
  readonly #graph: Graph;
  readonly #states: CpuStates;
  readonly #double: boolean;
  /** For each operation, the values that nothing after it needs. */
  readonly #forgotten: readonly (readonly Value[])[];

  constructor(graph: Graph, states: CpuStates, precision: "float32" | "float64") {
    this.#graph = graph;
    this.#states = states;
    this.#double = precision === "float64";
    this.#forgotten = lastUses(graph);
  }

  /** A run whose inputs and states are there; each step computes an operation. */
  *steps(inputs: RunInputs): Generator<void, Readonly<Record<string, FloatArray>>> {
    const graph = this.#graph;
    const { vectors, indices } = checkInputs(graph, inputs);
    const numbers = new Map<Value, FloatArray>();
    for (const [value, given] of vectors) {
      numbers.set(value, this.#double ? Float64Array.from(given) : given);
    }
    const zeros = ({ vectors: count, features }: Value): FloatArray =>
      this.#double ? new Float64Array(count * features) : new Float32Array(count * features);
    for (const { name, value } of graph.states.values()) {
      numbers.set(
        value,
        this.#states.of(name, () => zeros(value)),
      );
    }
    const context: ReferenceContext = {
      of: (value) => numbers.get(value) as FloatArray,
      indices: (asked) => asked.fixed ?? (indices.get(asked) as Uint32Array),
      zeros,
    };
    for (const [index, operation] of operationsOf(graph).entries()) {
      yield;
      numbers.set(operation.output, evaluate(operation, context));
      for (const value of this.#forgotten[index] as readonly Value[]) numbers.delete(value);
    }
    return Object.fromEntries(
      [...graph.outputs].map(([name, value]) => [name, (numbers.get(value) as FloatArray).slice()]),
    );
  }
}

function lastUses(graph: Graph): Value[][] {
  const operations = operationsOf(graph);
  const last = new Map<Value, number>();
  operations.forEach((operation, index) => {
    last.set(operation.output, index);
    for (const operand of operandsOf(operation)) last.set(operand, index);
  });
  for (const value of graph.outputs.values()) last.delete(value);
  const forgotten: Value[][] = operations.map(() => []);
  for (const [value, index] of last) forgotten[index]?.push(value);
  return forgotten;
}
