import type { FloatArray, FloatType } from "@papilio/butterfly";
import {
  checkInputs,
  type Executable,
  type RunInputs,
  type RunOutputs,
} from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import { type ForEachOperation, type Operation, operandsOf } from "../graph/operation.ts";
import type { Value } from "../graph/value.ts";
import type { CpuContext } from "./context.ts";
import { aggregate, edgeAttention } from "./graph.ts";
import { pool, unfold } from "./image.ts";
import { activation, addVector, combine, linear, sparseLinear } from "./linear.ts";
import { normalize, softmax } from "./normalize.ts";
import {
  addPositions,
  append,
  attention,
  gatherFeatures,
  gatherVectors,
  reduceVectors,
  rotary,
} from "./sequence.ts";

export interface CpuModelOptions {
  /**
   * In what numbers between operations are; sums within one are in float64 always. `float32` unless
   * given; `float64` for a reference.
   */
  readonly precision?: Extract<FloatType, "float32" | "float64">;
  /** Where states are kept, to share them between graphs. */
  readonly states?: CpuStates;
}

/** States of graphs that run on the CPU, by name. */
export class CpuStates {
  readonly #arrays = new Map<string, FloatArray>();

  /** Forgets them: they are zeros again. */
  reset(): void {
    this.#arrays.clear();
  }

  /** The numbers of a state, made at its first use. */
  of(name: string, make: () => FloatArray): FloatArray {
    const array = this.#arrays.get(name) ?? make();
    this.#arrays.set(name, array);
    return array;
  }
}

const EVALUATE: ForEachOperation<FloatArray, [CpuContext]> = {
  activation,
  "add-positions": addPositions,
  "add-vector": addVector,
  aggregate,
  append,
  attention,
  combine,
  "edge-attention": edgeAttention,
  "gather-features": gatherFeatures,
  "gather-vectors": gatherVectors,
  linear,
  normalize,
  pool,
  "reduce-vectors": reduceVectors,
  rotary,
  softmax,
  "sparse-linear": sparseLinear,
  unfold,
};

/**
 * A graph on the CPU: the reference, readable rather than fast. It computes operation by operation, and
 * forgets what is not needed any more.
 */
export class CpuModel implements Executable {
  readonly graph: Graph;
  readonly #precision: "float32" | "float64";
  readonly #states: CpuStates;
  /** For each operation, the values that nothing after it needs. */
  readonly #forgotten: readonly (readonly Value[])[];

  constructor(
    graph: Graph,
    { precision = "float32", states = new CpuStates() }: CpuModelOptions = {},
  ) {
    this.graph = graph;
    this.#precision = precision;
    this.#states = states;
    this.#forgotten = lastUses(graph);
  }

  // Asynchronous because executables are.
  async run(inputs: RunInputs): Promise<RunOutputs> {
    await Promise.resolve();
    const outputs = Object.entries(this.runNow(inputs));
    return Object.fromEntries(outputs.map(([name, y]) => [name, Float32Array.from(y)]));
  }

  /** Like {@link run}, at once, and in the precision that was asked for. */
  runNow(inputs: RunInputs): Readonly<Record<string, FloatArray>> {
    const { vectors, indices } = checkInputs(this.graph, inputs);
    const numbers = new Map<Value, FloatArray>();
    for (const [value, given] of vectors) {
      numbers.set(value, this.#precision === "float64" ? Float64Array.from(given) : given);
    }
    const zeros = ({ vectors: count, features }: Value): FloatArray =>
      this.#precision === "float64"
        ? new Float64Array(count * features)
        : new Float32Array(count * features);
    for (const { name, value } of this.graph.states.values()) {
      numbers.set(
        value,
        this.#states.of(name, () => zeros(value)),
      );
    }
    const context: CpuContext = {
      of: (value) => numbers.get(value) as FloatArray,
      indices: (asked) => asked.fixed ?? (indices.get(asked) as Uint32Array),
      zeros,
    };
    this.graph.operations.forEach((operation, index) => {
      numbers.set(operation.output, evaluate(operation, context));
      for (const value of this.#forgotten[index] as readonly Value[]) numbers.delete(value);
    });
    return Object.fromEntries(
      [...this.graph.outputs].map(([name, value]) => [
        name,
        (numbers.get(value) as FloatArray).slice(),
      ]),
    );
  }

  dispose(): void {
    this.#states.reset();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function evaluate(operation: Operation, context: CpuContext): FloatArray {
  const run = EVALUATE[operation.kind] as (of: Operation, context: CpuContext) => FloatArray;
  return run(operation, context);
}

function lastUses({ operations, outputs }: Graph): Value[][] {
  const last = new Map<Value, number>();
  operations.forEach((operation, index) => {
    last.set(operation.output, index);
    for (const operand of operandsOf(operation)) last.set(operand, index);
  });
  for (const value of outputs.values()) last.delete(value);
  const forgotten: Value[][] = operations.map(() => []);
  for (const [value, index] of last) forgotten[index]?.push(value);
  return forgotten;
}
