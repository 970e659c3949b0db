import { type FloatArray, PapilioError } from "@papilio/butterfly";
import { describeValue, requireOneOf } from "@papilio/butterfly/errors";
import type { FloatType } from "@papilio/butterfly/numeric";
import { TimeSlicer } from "@papilio/butterfly/threads";
import { type OpenCpu, type OpenEngine, openCpu } from "@papilio/cpu-runtime/kernels";
import {
  count,
  flag,
  having,
  objectOf,
  optional,
  signal as signalCheck,
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
import { Value } from "../../graph/value.ts";
import { KEPT_BYTES } from "../keep-factors.ts";
import { formatPlan, type Profile } from "../plan.ts";
import { CompiledGraph } from "./compiled-graph.ts";
import { CpuStates } from "./cpu-states.ts";
import { CpuWeightStore } from "./cpu-weight-store.ts";
import { ReferenceRuns } from "./reference-run.ts";

export interface CpuModelOptions {
  /**
   * In what numbers between operations are, by the reference; sums within one are in float64 always. `float32`
   * unless given; `float64` for a reference.
   */
  readonly precision?: Extract<FloatType, "float32" | "float64">;
  /**
   * What computes: the readable `reference`, unless given, or the kernels in WebAssembly on all threads, whose
   * numbers and sums are float32.
   */
  readonly kernels?: "reference" | "wasm";
  /** Where states are kept, to share them between graphs; they outlive the model then. */
  readonly states?: CpuStates;
  /** Where packed weights are, to share them between graphs; the model's own unless given. */
  readonly weights?: CpuWeightStore;
  /**
   * Whether the numbers of parameters are released once the kernels in WebAssembly have packed them, so that they
   * are in memory once. The reference cannot compute then: neither {@link CpuModel.runNow}, nor other models of
   * the same module that do not share the packed weights. False unless given.
   */
  readonly releaseParameters?: boolean;
  /**
   * Bytes that may be kept of what products have between factors that the graph trains, which gradients read: more is
   * computed again. 256 MiB unless given.
   */
  readonly keptBytes?: number;
}

const optionsCheck = objectOf({
  states: optional(having("CpuStates", "of", "reset")),
  weights: optional(having("a CpuWeightStore", "open")),
  releaseParameters: optional(flag),
  keptBytes: optional(count),
});

/**
 * A graph on the CPU. By the reference, operation by operation, it is readable rather than fast; by the kernels in
 * WebAssembly it is one program, recorded in the first run or by {@link prepare}.
 */
export class CpuModel implements Executable {
  readonly graph: Graph;
  readonly #reference: ReferenceRuns;
  readonly #kernels: "reference" | "wasm";
  readonly #states: CpuStates;
  readonly #ownsStates: boolean;
  readonly #weights: CpuWeightStore;
  readonly #releases: boolean;
  readonly #keptBytes: number;
  /** Undefined where there is no WebAssembly: the reference computes. */
  #compiled: Promise<CompiledGraph | undefined> | undefined;
  #ready: CompiledGraph | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  /** @throws PapilioError `CPU_PRECISION` for WebAssembly in float64 */
  constructor(graph: Graph, options: CpuModelOptions = {}) {
    graphCheck("The graph", graph);
    optionsCheck("a model on the CPU", options);
    const { precision = "float32", kernels = "reference", states = new CpuStates() } = options;
    const { weights = new CpuWeightStore(), releaseParameters = false } = options;
    this.#keptBytes = options.keptBytes ?? KEPT_BYTES;
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
    this.#reference = new ReferenceRuns(graph, states, precision);
    this.#kernels = kernels;
    this.#states = states;
    this.#ownsStates = options.states === undefined;
    this.#weights = weights;
    this.#releases = releaseParameters;
  }

  /**
   * Packs the weights for the kernels in WebAssembly and records the program, which the first run would do.
   *
   * @throws PapilioError `MODEL_DISPOSED`, `CPU_MEMORY`, `CPU_WORKER_FAILED`
   */
  async prepare(): Promise<void> {
    if (this.#disposed) throw modelDisposed();
    await this.#compile();
    if (this.#disposed) throw modelDisposed();
  }

  /**
   * Where runs read an input of vectors, `[vectors, features]`: one that is written there and given to {@link run} as
   * it is, is not copied. Not to be written during a run. The memory is the model's until it is disposed of.
   *
   * @example
   * ```ts
   * const features = await model.inputMemory("features");
   * features.set(numbers);
   * const { logits } = await model.run({ features });
   * ```
   * @throws PapilioError `INPUT_MISSING` where the graph has no such input of vectors, and what {@link prepare} throws
   */
  async inputMemory(name: string): Promise<Float32Array> {
    const input = this.graph.inputs.get(name);
    if (!(input instanceof Value)) {
      const names = [...this.graph.inputs].filter(([, other]) => other instanceof Value);
      throw new PapilioError(
        "INPUT_MISSING",
        `The model has no input of vectors ${describeValue(name)}.`,
        `Those are ${names.map(([known]) => known).join(", ") || "none"}.`,
      );
    }
    await this.prepare();
    return this.#ready?.inputMemory(input) ?? new Float32Array(input.vectors * input.features);
  }

  run(inputs: RunInputs): Promise<RunOutputs> {
    // States are written to in their turn.
    const result = this.#last.then(() => this.#run(inputs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Like {@link run}, at once, by the reference kernels and in the precision that was asked for. */
  runNow(inputs: RunInputs): Readonly<Record<string, FloatArray>> {
    if (this.#disposed) throw modelDisposed();
    const steps = this.#reference.steps(inputs);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
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
    optional(signalCheck)("signal", signal);
    if (this.#disposed) throw modelDisposed();
    const slicer = new TimeSlicer(signal);
    const steps = this.#reference.steps(inputs);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await slicer.yieldIfDue();
    }
  }

  /**
   * Reads the numbers of parameters again, after they were changed in place: after the runs that have begun, and before
   * those that follow. Models that share the packed weights must not run meanwhile.
   *
   * @throws PapilioError `MODEL_DISPOSED`; `PARAMETER_RELEASED` where the parameters were released
   */
  renewParameters(): Promise<void> {
    const renewed = this.#last.then(async () => {
      if (this.#disposed) throw modelDisposed();
      await (await this.#compiled)?.renewParameters();
    });
    this.#last = renewed.catch(() => undefined);
    return renewed;
  }

  /** @internal Copies the numbers of the parameters that the graph trains into them. Not during a run. */
  bringTrained(): void {
    if (this.#disposed) throw modelDisposed();
    this.#ready?.bringTrained();
  }

  /**
   * Times the operations, one run of the program with the inputs that it had last. Threads wait for each other
   * after each operation, which takes a few microseconds more than in a run.
   *
   * @throws PapilioError `MODEL_DISPOSED`, `CPU_PROGRAM`, and what {@link prepare} throws
   */
  async profile(): Promise<Profile> {
    return await (await this.#program()).profile();
  }

  /**
   * A table for people: operations, layouts, bytes, and the arena.
   *
   * @throws PapilioError `MODEL_DISPOSED`, `CPU_PROGRAM`, and what {@link prepare} throws
   */
  async plan(): Promise<string> {
    const { operations, program, bytes, factors } = await this.#program();
    const { report } = program;
    const dispatches = report.operations;
    return formatPlan(operations, { ...report, dispatches, bytes, memory: "memory", factors });
  }

  /** Memory of the kernels that the model and those it shares weights with hold, in bytes. */
  get bytes(): number {
    return this.#ready?.bytes ?? 0;
  }

  /** Frees the program, the packed weights, and the states unless they are shared. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#ownsStates) this.#states.reset();
    this.#ready?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #program(): Promise<CompiledGraph> {
    if (this.#disposed) throw modelDisposed();
    const compiled = await this.#compile();
    if (this.#disposed) throw modelDisposed();
    if (compiled !== undefined) return compiled;
    throw new PapilioError(
      "CPU_PROGRAM",
      "The model is computed by the reference, operation by operation: there is no program.",
      "Ask for the kernels in WebAssembly, where there is WebAssembly.",
    );
  }

  /** The program, where there is WebAssembly. A later call tries again where one has failed. */
  #compile(): Promise<CompiledGraph | undefined> {
    if (this.#kernels === "reference") return Promise.resolve(undefined);
    if (this.#compiled !== undefined) return this.#compiled;
    const compiled = compile(
      this.graph,
      this.#states,
      this.#weights,
      this.#releases,
      this.#keptBytes,
    );
    this.#compiled = compiled;
    compiled.then(
      (ready) => {
        if (this.#disposed) ready?.[Symbol.dispose]();
        else this.#ready = ready;
      },
      () => {
        this.#compiled = undefined;
      },
    );
    return compiled;
  }

  async #run(inputs: RunInputs): Promise<RunOutputs> {
    if (this.#disposed) throw modelDisposed();
    checkInputs(this.graph, inputs);
    const compiled = await this.#compile();
    if (this.#disposed) throw modelDisposed();
    if (compiled !== undefined) return await compiled.run(inputs);
    const outputs = Object.entries(await this.runInSlices(inputs));
    return Object.fromEntries(outputs.map(([name, y]) => [name, Float32Array.from(y)]));
  }
}

async function compile(
  graph: Graph,
  states: CpuStates,
  weights: CpuWeightStore,
  releases: boolean,
  keptBytes: number,
): Promise<CompiledGraph | undefined> {
  const cpu = await openCpu(undefined);
  if (cpu.engine === undefined) return undefined;
  const open = cpu as OpenCpu & OpenEngine;
  return await CompiledGraph.compile(graph, open, states, weights, releases, keptBytes);
}
