import type { Layout } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { Gpu, Tensor } from "@papilio/gpu-runtime";
import { Program, type ProgramReport } from "@papilio/gpu-runtime/kernels";
import {
  count,
  gpuCheck,
  having,
  layout as layoutCheck,
  objectOf,
  optional,
  weightDtype,
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
import { flopsOf, type Operation, operationsOf } from "../../operations/operation.ts";
import { fuseEpilogues } from "../fuse-epilogues.ts";
import { KEPT_BYTES, type KeptFactors, keepFactors } from "../keep-factors.ts";
import {
  formatPlan,
  type PlannedOperation,
  type PlannedValue,
  type Profile,
  profileOf,
} from "../plan.ts";
import { lowerOperation } from "./lower-operation.ts";
import { Lowering } from "./lowering.ts";
import { ModelMemory } from "./model-memory.ts";
import { requireBindable } from "./require-bindable.ts";
import { type TunedKernels, tunedCheck } from "./tuned-kernels.ts";

export interface DeviceModelOptions {
  /**
   * In what activations and weights are stored; `f32` unless given. With types of few bits weights of linear layers are
   * so, each factor rounded as `quantizeValues` of `@papilio/butterfly/numeric` says, as on the CPU, and all else
   * is in `f32`: `q8` takes 27 % of the memory of weights, `q4` 14 %. Arithmetic is in float32.
   */
  readonly dtype?: WeightDtype;
  /** Layout of what is between operations; `batch-last` unless given. */
  readonly layout?: Layout;
  /** What is shared with other graphs of the model; its own unless given. Its dtype is the model's. */
  readonly memory?: ModelMemory;
  /**
   * Bytes that may be kept of what products have between factors that the graph trains, which gradients read: more is
   * computed again. 256 MiB unless given.
   */
  readonly keptBytes?: number;
  /** What `tuneModel` measured on the device; kernels are chosen by rules unless given, and where it has none. */
  readonly tuned?: TunedKernels | undefined;
}

const optionsCheck = objectOf({
  dtype: optional(weightDtype),
  layout: optional(layoutCheck),
  memory: optional(having("a ModelMemory", "gpu", "dtype", "parameter", "state")),
  keptBytes: optional(count),
  tuned: optional(tunedCheck),
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
  readonly #factors: KeptFactors;
  readonly #lowering: Lowering;
  readonly #program: Program;
  readonly #ownMemory: ModelMemory | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  private constructor(
    graph: Graph,
    operations: readonly PlannedOperation[],
    factors: KeptFactors,
    lowering: Lowering,
    program: Program,
    ownMemory: ModelMemory | undefined,
  ) {
    this.graph = graph;
    this.operations = operations;
    this.#factors = factors;
    this.#lowering = lowering;
    this.#program = program;
    this.#ownMemory = ownMemory;
  }

  /**
   * Chooses kernels, packs and uploads weights, and records the program.
   *
   * @throws PapilioError `F16_UNAVAILABLE`, `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, `KERNEL_COMPILE`; `VALUE_RANGE` for a
   *   weight that half precision, or a scale of few bits, does not hold
   */
  static async compile(
    gpu: Gpu,
    graph: Graph,
    options: DeviceModelOptions = {},
  ): Promise<DeviceModel> {
    gpuCheck("The device", gpu);
    graphCheck("The graph", graph);
    optionsCheck("DeviceModel.compile", options);
    const { dtype, layout = "batch-last", memory, keptBytes = KEPT_BYTES, tuned } = options;
    tuned?.requireFor(gpu.report);
    const ownMemory = memory === undefined ? new ModelMemory(gpu, dtype) : undefined;
    const stored = memory ?? (ownMemory as ModelMemory);
    const { dtype: own, weightDtype } = stored;
    requireBindable(gpu, graph, { dtype: own, weightDtype, layout });
    let lowering: Lowering | undefined;
    try {
      lowering = Lowering.of(graph, stored, layout, tuned);
      const { bytes } = FLOAT_FORMATS[lowering.dtype];
      const factors = keepFactors(operationsOf(graph), keptBytes, bytes);
      const operations = lower(graph, factors.operations, lowering);
      const program = await Program.record(gpu, lowering.steps);
      await bringUpToDate(gpu, lowering);
      return new DeviceModel(graph, operations, factors, lowering, program, ownMemory);
    } catch (error) {
      lowering?.dispose();
      ownMemory?.dispose();
      throw error;
    }
  }

  /** What the program takes: dispatches, rewrites, arena, traffic. */
  get report(): ProgramReport {
    return this.#program.report;
  }

  /** Device memory held, in bytes: weights, inputs and outputs, and the arena. */
  get bytes(): number {
    const { buffers, tensors, memory, multiplications } = this.#lowering;
    const packed = multiplications.reduce((sum, { bytes }) => sum + bytes, 0);
    const ends = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
    const trained = this.#lowering.trainedParameters?.bytes ?? 0;
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
    const roles = this.#lowering.steps.map(({ role }) => role);
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
    await this.#lowering.trainedParameters?.bring();
  }

  /** A table for people: operations, layouts, bytes, and the arena. */
  plan(): string {
    return formatPlan(this.operations, {
      ...this.report,
      bytes: this.bytes,
      memory: "device memory",
      factors: this.#factors,
    });
  }

  /** Frees the program and its memory; shared memory stays. Safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#program.dispose();
    this.#lowering.dispose();
    this.#ownMemory?.dispose();
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
    const { gpu, inputs: places, outputs } = this.#lowering;
    for (const [value, numbers] of vectors) writePadded(places.get(value) as Tensor, numbers);
    for (const [input, numbers] of indices) {
      const { buffer, offset } = this.#lowering.indices(input);
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

function lower(
  graph: Graph,
  operations: readonly Operation[],
  lowering: Lowering,
): PlannedOperation[] {
  const planned: PlannedOperation[] = [];
  const plan = ({ kind, path, output }: PlannedValue, flops: number, from: number): void => {
    const own = lowering.steps.slice(from);
    planned.push({
      kind,
      path,
      vectors: output.vectors,
      features: output.features,
      layout: lowering.of(output).layout,
      dispatches: own.length,
      kernels: own.map(({ kernel }) => kernel.label),
      rewrites: own.filter(({ role }) => role === "rewrite").length,
      traffic: own.flatMap(({ buffers }) => buffers).reduce((sum, { size }) => sum + size, 0),
      flops,
    });
  };
  for (const operation of fuseEpilogues(graph, operations)) {
    const from = lowering.steps.length;
    lowerOperation(operation, lowering);
    plan(operation, flopsOf(operation), from);
  }
  for (const [name, value] of graph.outputs) {
    const from = lowering.steps.length;
    lowering.finish(name, value);
    if (lowering.steps.length > from) plan({ kind: "output", path: name, output: value }, 0, from);
  }
  return planned;
}
