import { type FloatArray, PapilioError } from "@papilio/butterfly";
import { requireOneOf } from "@papilio/butterfly/errors";
import type { FloatType } from "@papilio/butterfly/numeric";
import { TimeSlicer } from "@papilio/butterfly/threads";
import {
  callback,
  having,
  objectOf,
  optional,
  signal as signalCheck,
  text,
} from "../../arguments/checks.ts";
import {
  checkInputs,
  type Executable,
  modelDisposed,
  type RunInputs,
  type RunOutputs,
} from "../../graph/executable.ts";
import type { Graph } from "../../graph/graph.ts";
import { graphCheck } from "../../graph/operand-checks.ts";
import type { Value } from "../../graph/value.ts";
import { type Operation, operandsOf, operationsOf } from "../../operations/operation.ts";
import type { ReferenceContext } from "../../operations/reference-context.ts";
import { evaluate } from "../reference/evaluate.ts";
import { CpuWeightStore, type CpuWeights } from "./cpu-weight-store.ts";
import { evaluateOnCpu } from "./evaluate-on-cpu.ts";

export interface CpuModelOptions {
  /**
   * In what numbers between operations are; sums within one are in float64 always. `float32` unless
   * given; `float64` for a reference.
   */
  readonly precision?: Extract<FloatType, "float32" | "float64">;
  /**
   * What multiplies by the weights of linear layers: the readable `reference`, unless given, or the CPU
   * backend in WebAssembly on all threads (`cpu` of `@papilio/cpu-runtime`), whose numbers and sums are float32.
   */
  readonly kernels?: "reference" | "wasm";
  /** Where states are kept, to share them between graphs; they outlive the model then. */
  readonly states?: CpuStates;
  /** Where packed weights are, to share them between graphs; the model's own unless given. */
  readonly weights?: CpuWeightStore;
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
    text("The name of a state", name);
    callback("What makes a state", make);
    const array = this.#arrays.get(name) ?? make();
    this.#arrays.set(name, array);
    return array;
  }
}

const optionsCheck = objectOf({
  states: optional(having("CpuStates", "of", "reset")),
  weights: optional(having("a CpuWeightStore", "open")),
});

/**
 * A graph on the CPU, operation by operation; what is not needed any more is forgotten. It is the
 * reference, readable rather than fast, unless other kernels are asked for.
 */
export class CpuModel implements Executable {
  readonly graph: Graph;
  readonly #precision: "float32" | "float64";
  readonly #states: CpuStates;
  readonly #ownsStates: boolean;
  /** Without, the reference computes. */
  readonly #weights: CpuWeights | undefined;
  /** For each operation, the values that nothing after it needs. */
  readonly #forgotten: readonly (readonly Value[])[];
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  /** @throws PapilioError `CPU_PRECISION` for WebAssembly in float64 */
  constructor(graph: Graph, options: CpuModelOptions = {}) {
    graphCheck("The graph", graph);
    optionsCheck("a model on the CPU", options);
    const { precision = "float32", kernels = "reference", states } = options;
    const { weights = new CpuWeightStore() } = options;
    requireOneOf("The precision", precision, ["float32", "float64"]);
    requireOneOf("The choice of kernels", kernels, ["reference", "wasm"]);
    if (kernels === "wasm" && precision === "float64") {
      throw new PapilioError(
        "CPU_PRECISION",
        "The kernels in WebAssembly compute in float32, not in float64.",
        "Use the reference kernels for float64.",
      );
    }
    this.graph = graph;
    this.#precision = precision;
    this.#states = states ?? new CpuStates();
    this.#ownsStates = states === undefined;
    this.#weights = kernels === "wasm" ? weights.open() : undefined;
    this.#forgotten = lastUses(graph);
  }

  /**
   * Packs the weights for the kernels in WebAssembly, which the first run would do.
   *
   * @throws PapilioError `MODEL_DISPOSED`, and what compiling a matrix for the CPU throws
   */
  async prepare(): Promise<void> {
    if (this.#disposed) throw modelDisposed();
    for (const operation of operationsOf(this.graph)) {
      if (operation.kind === "linear") await this.#weights?.packed(operation.matrix);
    }
  }

  run(inputs: RunInputs): Promise<RunOutputs> {
    // States are written to in their turn.
    const result = this.#last.then(() => this.#runAll(inputs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Like {@link run}, at once, by the reference kernels and in the precision that was asked for. */
  runNow(inputs: RunInputs): Readonly<Record<string, FloatArray>> {
    const run = this.#begin(inputs);
    for (const [index, operation] of operationsOf(this.graph).entries()) {
      run.finish(index, evaluate(operation, run.context));
    }
    return run.outputs();
  }

  /**
   * The same numbers as {@link runNow}, a slice of work at a time.
   *
   * @param signal stops it after the operation under way
   * @throws the signal's reason
   */
  async runInSlices(
    inputs: RunInputs,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, FloatArray>>> {
    signalCheck("signal", signal);
    const run = this.#begin(inputs);
    const slicer = new TimeSlicer(signal);
    for (const [index, operation] of operationsOf(this.graph).entries()) {
      await slicer.yieldIfDue();
      run.finish(index, evaluate(operation, run.context));
    }
    return run.outputs();
  }

  /** Frees the packed weights, and the states unless they are shared. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#ownsStates) this.#states.reset();
    this.#weights?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #runAll(inputs: RunInputs): Promise<RunOutputs> {
    const run = this.#begin(inputs);
    const weights = this.#weights;
    // Signals of the system, and a page, get a turn between operations.
    const slicer = new TimeSlicer();
    for (const [index, operation] of operationsOf(this.graph).entries()) {
      await slicer.yieldIfDue();
      const { context } = run;
      const numbers =
        weights === undefined
          ? evaluate(operation, context)
          : await evaluateOnCpu(operation, {
              ...context,
              packed: (matrix) => weights.packed(matrix),
            });
      run.finish(index, numbers);
    }
    const outputs = Object.entries(run.outputs());
    return Object.fromEntries(outputs.map(([name, y]) => [name, Float32Array.from(y)]));
  }

  /** A run whose inputs and states are there. */
  #begin(inputs: RunInputs): CpuRun {
    if (this.#disposed) throw modelDisposed();
    const { vectors, indices } = checkInputs(this.graph, inputs);
    const double = this.#precision === "float64";
    const numbers = new Map<Value, FloatArray>();
    for (const [value, given] of vectors) {
      numbers.set(value, double ? Float64Array.from(given) : given);
    }
    const zeros = ({ vectors: count, features }: Value): FloatArray =>
      double ? new Float64Array(count * features) : new Float32Array(count * features);
    for (const { name, value } of this.graph.states.values()) {
      numbers.set(
        value,
        this.#states.of(name, () => zeros(value)),
      );
    }
    return {
      context: {
        of: (value) => numbers.get(value) as FloatArray,
        indices: (asked) => asked.fixed ?? (indices.get(asked) as Uint32Array),
        zeros,
      },
      finish: (index, result) => {
        numbers.set((operationsOf(this.graph)[index] as Operation).output, result);
        for (const value of this.#forgotten[index] as readonly Value[]) numbers.delete(value);
      },
      outputs: () =>
        Object.fromEntries(
          [...this.graph.outputs].map(([name, value]) => [
            name,
            (numbers.get(value) as FloatArray).slice(),
          ]),
        ),
    };
  }
}

/** A run of a graph, operation after operation. */
interface CpuRun {
  readonly context: ReferenceContext;
  /** Keeps the result of an operation, and forgets what no later one reads. */
  finish(index: number, result: FloatArray): void;
  /** Copies of the graph's outputs, after the last operation. */
  outputs(): Readonly<Record<string, FloatArray>>;
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
