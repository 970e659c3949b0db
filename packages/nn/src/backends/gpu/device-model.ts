import type { Gpu, Tensor } from "@papilio/gpu-runtime";
import { Program, type ProgramReport } from "@papilio/gpu-runtime/kernels";
import { gpuCheck, objectOf, optional } from "../../arguments/checks.ts";
import {
  checkInputs,
  type Executable,
  modelDisposed,
  type RunInputs,
  type RunOutputs,
} from "../../graph/executable.ts";
import type { Graph } from "../../graph/graph.ts";
import { graphCheck } from "../../graph/operand-checks.ts";
import { formatPlan, type PlannedOperation, type Profile, profileOf } from "../plan.ts";
import { type GraphCompileOptions, graphCompileChecks } from "./compile-options.ts";
import { type LoweredGraph, lowerGraph } from "./lower-graph.ts";
import type { Lowering } from "./lowering.ts";
import { type ModelTuning, modelTuningCheck, tuneModel } from "./tune-model.ts";
import { type TunedChoice, type TunedKernels, tunedCheck } from "./tuned-kernels.ts";

export interface DeviceModelOptions extends GraphCompileOptions {
  /** What `tuneModel` measured on the device; kernels are chosen by rules unless given, and where it has none. */
  readonly tuned?: TunedKernels | undefined;
  /**
   * Measures kernels first, as `tuneModel` does with these options, and takes what was measured, in the place of
   * `tuned`.
   */
  readonly tune?: ModelTuning | undefined;
}

const optionsCheck = objectOf({
  ...graphCompileChecks,
  tuned: optional(tunedCheck),
  tune: optional(modelTuningCheck),
});

/**
 * A graph as one recorded program on a device: everything between inputs and outputs lies in one arena,
 * and nothing is read back before the end.
 *
 * @example
 * ```ts
 * using model = await DeviceModel.compile(gpu, vitS16().trace({ images: 1 }));
 * console.log(model.plan());
 * const { logits } = await model.run({ images: new Float32Array(3 * 224 * 224) });
 * ```
 */
export class DeviceModel implements Executable {
  readonly graph: Graph;
  /** What each operation became. */
  readonly operations: readonly PlannedOperation[];
  /** What was measured for its problems; none unless they were tuned. */
  readonly tuned: readonly TunedChoice[];
  readonly #lowered: LoweredGraph;
  readonly #program: Program;
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  private constructor(
    graph: Graph,
    lowered: LoweredGraph,
    program: Program,
    tuned: readonly TunedChoice[],
  ) {
    this.graph = graph;
    this.operations = lowered.operations;
    this.tuned = tuned;
    this.#lowered = lowered;
    this.#program = program;
  }

  /**
   * Chooses kernels, packs and uploads weights, and records the program.
   *
   * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `KERNEL_COMPILE`; `VALUE_RANGE` for a
   *   weight that half precision, or a scale of few bits, does not hold; with `tune` what `tuneModel` throws
   */
  static async compile(
    gpu: Gpu,
    graph: Graph,
    options: DeviceModelOptions = {},
  ): Promise<DeviceModel> {
    gpuCheck("The device", gpu);
    graphCheck("The graph", graph);
    optionsCheck("DeviceModel.compile", options);
    const { tune } = options;
    const tuned = tune ? await tuneModel(gpu, graph, { ...options, ...tune }) : options.tuned;
    tuned?.requireFor(gpu.report);
    const lowered = lowerGraph(gpu, graph, options, tuned);
    try {
      const program = await Program.record(gpu, lowered.lowering.steps);
      await bringUpToDate(gpu, lowered.lowering);
      return new DeviceModel(graph, lowered, program, tuned?.choices ?? []);
    } catch (error) {
      lowered[Symbol.dispose]();
      throw error;
    }
  }

  /** What the program takes: dispatches, rewrites, arena, traffic. */
  get report(): ProgramReport {
    return this.#program.report;
  }

  /** Device memory held, in bytes: weights, inputs and outputs, and the arena. */
  get bytes(): number {
    const { buffers, tensors, memory, multiplications } = this.#lowered.lowering;
    const packed = multiplications.reduce((sum, { bytes }) => sum + bytes, 0);
    const ends = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
    const trained = this.#lowered.lowering.trainedParameters?.bytes ?? 0;
    return buffers.bytes + ends + packed + memory.bytes + trained + this.report.arena.bytes;
  }

  run(inputs: RunInputs): Promise<RunOutputs> {
    // Inputs and outputs have one place each: a run begins when the one before has been read.
    const result = this.#last.then(() => this.#run(inputs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /**
   * Times the operations on the device, one run of the program with the inputs that it had last.
   *
   * @throws PapilioError `TIMESTAMPS_UNAVAILABLE`, `MODEL_DISPOSED`
   */
  async profile(): Promise<Profile> {
    this.#assertLive();
    const seconds = await Program.timeSteps([this.#program]);
    const roles = this.#lowered.lowering.steps.map(({ role }) => role);
    return profileOf(this.operations, seconds, roles);
  }

  /**
   * Runs with the inputs that it had last, and waits for the device; nothing is read back.
   *
   * @throws PapilioError `MODEL_DISPOSED`
   */
  async complete(): Promise<void> {
    this.#assertLive();
    await Program.complete([this.#program]);
  }

  /**
   * @internal Copies the numbers of the parameters that the graph trains into them. Not during a run.
   *
   * @throws PapilioError `MODEL_DISPOSED`
   */
  async bringTrained(): Promise<void> {
    this.#assertLive();
    await this.#lowered.lowering.trainedParameters?.bring();
  }

  /** A table for people: operations, layouts, bytes, and the arena. */
  plan(): string {
    return formatPlan(this.operations, {
      ...this.report,
      bytes: this.bytes,
      memory: "device memory",
      factors: this.#lowered.factors,
    });
  }

  /** Frees the program and its memory; shared memory stays. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#program.dispose();
    this.#lowered[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Before anything is written: another owner may have the memory of what was disposed of. */
  #assertLive(): void {
    if (this.#disposed) throw modelDisposed();
  }

  async #run(inputs: RunInputs): Promise<RunOutputs> {
    this.#assertLive();
    const { vectors, indices } = checkInputs(this.graph, inputs);
    const { gpu, inputs: places, outputs } = this.#lowered.lowering;
    for (const [value, numbers] of vectors) writePadded(places.get(value) as Tensor, numbers);
    for (const [input, numbers] of indices) {
      const { buffer, offset } = this.#lowered.lowering.indices(input);
      gpu.device.queue.writeBuffer(buffer, offset, numbers as Uint32Array<ArrayBuffer>);
    }
    this.#program.run();
    const results: [string, Float32Array][] = [];
    for (const [name, tensor] of outputs) {
      const value = this.graph.outputs.get(name);
      const numbers = await tensor.data();
      results.push([name, numbers.subarray(0, (value?.vectors ?? 0) * tensor.features)]);
    }
    return Object.fromEntries(results);
  }
}

/** What is made of trained parameters, before the first run. */
async function bringUpToDate(gpu: Gpu, { trainedParameters }: Lowering): Promise<void> {
  if (trainedParameters === undefined || trainedParameters.steps.length === 0) return;
  using program = await Program.record(gpu, trainedParameters.steps);
  program.run();
}

/** Vectors, and zeros for those that only fill the last load. */
function writePadded(tensor: Tensor, numbers: Float32Array): void {
  if (numbers.length === tensor.length) {
    tensor.write(numbers);
    return;
  }
  const padded = new Float32Array(tensor.length);
  padded.set(numbers);
  tensor.write(padded);
}
