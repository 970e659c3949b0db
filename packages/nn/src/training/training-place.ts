import type { StorageDtype } from "@papilio/butterfly";
import type { Gpu, Tensor } from "@papilio/gpu-runtime";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuStates } from "../backends/cpu/cpu-states.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { ModelMemory } from "../backends/gpu/model-memory.ts";
import { modelDisposed, type RunInputs, type RunOutputs } from "../graph/executable.ts";
import type { Graph, State } from "../graph/graph.ts";

/** Where the program of a step runs, and its parameters and states are. Nothing of it is used during a run. */
export interface TrainingPlace extends Disposable {
  run(inputs: RunInputs): Promise<RunOutputs>;
  /** Whether the numbers of parameters are elsewhere than in the parameters. */
  readonly hasOwnNumbers: boolean;
  /** Copies the numbers of the parameters into them. */
  bringParameters(): Promise<void>;
  /** The same where it takes no time; false where it would. */
  bringParametersNow(): boolean;
  /** Takes the numbers that the parameters have now; undefined where they cannot be changed from outside. */
  renewParameters?(): Promise<void>;
  readState(name: string): Promise<Float32Array>;
  writeState(name: string, numbers: Float32Array): void;
}

/** The CPU: by the reference, in the numbers of the parameters themselves, or by the kernels in WebAssembly. */
export class CpuTrainingPlace implements TrainingPlace {
  readonly hasOwnNumbers: boolean;
  readonly #model: CpuModel;
  readonly #graph: Graph;
  readonly #states = new CpuStates();

  constructor(graph: Graph, kernels: "reference" | "wasm", kept: { readonly keptBytes?: number }) {
    this.hasOwnNumbers = kernels === "wasm";
    this.#graph = graph;
    this.#model = new CpuModel(graph, { kernels, states: this.#states, ...kept });
  }

  run(inputs: RunInputs): Promise<RunOutputs> {
    return this.#model.run(inputs);
  }

  bringParameters(): Promise<void> {
    this.#model.bringTrained();
    return Promise.resolve();
  }

  bringParametersNow(): boolean {
    this.#model.bringTrained();
    return true;
  }

  renewParameters(): Promise<void> {
    return this.#model.renewParameters();
  }

  readState(name: string): Promise<Float32Array> {
    return Promise.resolve(this.#stateOf(name).slice());
  }

  writeState(name: string, numbers: Float32Array): void {
    this.#stateOf(name).set(numbers);
  }

  [Symbol.dispose](): void {
    this.#model.dispose();
  }

  #stateOf(name: string): Float32Array {
    const length = this.#graph.states.get(name)?.value.features ?? 0;
    return this.#states.of(name, () => new Float32Array(length)) as Float32Array;
  }
}

/** A device: the program is recorded for the first step. */
export class DeviceTrainingPlace implements TrainingPlace {
  readonly hasOwnNumbers = true;
  readonly #graph: Graph;
  readonly #memory: ModelMemory;
  readonly #kept: { readonly keptBytes?: number };
  #model: Promise<DeviceModel> | undefined;
  #ready: DeviceModel | undefined;
  #disposed = false;

  constructor(graph: Graph, gpu: Gpu, dtype: StorageDtype, kept: { readonly keptBytes?: number }) {
    this.#graph = graph;
    this.#kept = kept;
    this.#memory = new ModelMemory(gpu, dtype);
  }

  async run(inputs: RunInputs): Promise<RunOutputs> {
    return await (await this.#compile()).run(inputs);
  }

  async bringParameters(): Promise<void> {
    await this.#ready?.bringTrained();
  }

  bringParametersNow(): boolean {
    return false;
  }

  readState(name: string): Promise<Float32Array> {
    return this.#stateOf(name).data();
  }

  writeState(name: string, numbers: Float32Array): void {
    this.#stateOf(name).write(numbers);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#ready?.dispose();
    this.#memory.dispose();
  }

  #compile(): Promise<DeviceModel> {
    this.#model ??= this.#compiled();
    return this.#model;
  }

  /** A later step tries again where one has failed. */
  async #compiled(): Promise<DeviceModel> {
    try {
      const memory = this.#memory;
      const model = await DeviceModel.compile(memory.gpu, this.#graph, { memory, ...this.#kept });
      this.#ready = model;
      if (!this.#disposed) return model;
      model.dispose();
      throw modelDisposed();
    } catch (error) {
      this.#model = undefined;
      throw error;
    }
  }

  #stateOf(name: string): Tensor {
    return this.#memory.state(this.#graph.states.get(name) as State, "f32");
  }
}
