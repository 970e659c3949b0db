import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { CpuStates } from "../backends/cpu/cpu-states.ts";
import type { RunInputs, RunOutputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";

/** Where the program of a step runs, and its parameters and states are. Nothing of it is used during a run. */
export interface TrainingPlace extends Disposable {
  run(inputs: RunInputs): Promise<RunOutputs>;
  /** Whether the numbers of parameters are elsewhere than in the parameters. */
  readonly hasOwnNumbers: boolean;
  /** Copies the numbers of the parameters into them. */
  bringParameters(): Promise<void>;
  /** The same where it takes no time; false where it would. */
  bringParametersNow(): boolean;
  readState(name: string): Promise<Float32Array>;
  writeState(name: string, numbers: Float32Array): void;
}

/** The CPU: by the reference, in the numbers of the parameters themselves, or by the kernels in WebAssembly. */
export class CpuTrainingPlace implements TrainingPlace {
  readonly hasOwnNumbers: boolean;
  readonly #model: CpuModel;
  readonly #graph: Graph;
  readonly #states = new CpuStates();

  constructor(graph: Graph, kernels: "reference" | "wasm") {
    this.hasOwnNumbers = kernels === "wasm";
    this.#graph = graph;
    this.#model = new CpuModel(graph, { kernels, states: this.#states });
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
