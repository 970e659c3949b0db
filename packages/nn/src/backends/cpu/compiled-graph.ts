import { DisposableStack } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import {
  bitsOf,
  type CpuEngine,
  CpuProgram,
  type OpenCpu,
  type OpenEngine,
} from "@papilio/cpu-runtime/kernels";
import { checkInputs, type RunInputs, type RunOutputs } from "../../graph/executable.ts";
import type { Graph } from "../../graph/graph.ts";
import { Indices, type Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { flopsOf, type Operation, operationsOf, parametersOf } from "../../operations/operation.ts";
import { fuseEpilogues } from "../fuse-epilogues.ts";
import { type KeptFactors, keepFactors } from "../keep-factors.ts";
import { type PlannedOperation, type PlannedValue, type Profile, profileOf } from "../plan.ts";
import type { CpuStates } from "./cpu-states.ts";
import type { CpuWeightStore, CpuWeights } from "./cpu-weight-store.ts";
import { exactDtype, GraphLowering } from "./graph-lowering.ts";
import { lowerOnCpu } from "./lower-on-cpu.ts";
import { unwrittenWindows } from "./unwritten-windows.ts";

/** A graph as a program of the kernels in WebAssembly. */
export class CompiledGraph implements Disposable {
  readonly program: CpuProgram;
  /** What each operation became. */
  readonly operations: readonly PlannedOperation[];
  /** What is kept between factors that are trained. */
  readonly factors: KeptFactors;
  readonly #graph: Graph;
  /** In the order in which the program takes them. */
  readonly #vectorInputs: readonly Value[];
  readonly #engine: OpenEngine["engine"];
  readonly #states: CpuStates;
  readonly #lowering: GraphLowering;
  readonly #store: CpuWeightStore;
  readonly #weights: CpuWeights;
  readonly #held: DisposableStack;

  private constructor(
    graph: Graph,
    cpu: OpenEngine,
    states: CpuStates,
    store: CpuWeightStore,
    lowering: GraphLowering,
    weights: CpuWeights,
    operations: readonly PlannedOperation[],
    factors: KeptFactors,
    program: CpuProgram,
    held: DisposableStack,
  ) {
    this.operations = operations;
    this.factors = factors;
    this.#graph = graph;
    this.#vectorInputs = [...graph.inputs.values()].filter(
      (input): input is Value => !(input instanceof Indices),
    );
    this.#engine = cpu.engine;
    this.#states = states;
    this.#store = store;
    this.#lowering = lowering;
    this.program = program;
    this.#weights = weights;
    this.#held = held;
  }

  /**
   * Chooses kernels, packs weights and records the program.
   *
   * @param release whether the numbers of parameters are released once they are packed
   * @param keptBytes what may be kept between factors that are trained
   * @throws PapilioError `CPU_MEMORY`
   */
  static async compile(
    graph: Graph,
    cpu: OpenCpu & OpenEngine,
    states: CpuStates,
    store: CpuWeightStore,
    release: boolean,
    keptBytes: number,
  ): Promise<CompiledGraph> {
    if (store.bytes === 0) requireRoom(graph, cpu.engine, store);
    using stack = new DisposableStack();
    const weights = stack.use(store.open());
    const lowering = new GraphLowering(graph, cpu, weights, states);
    stack.defer(() => lowering.dispose());
    const factors = keepFactors(operationsOf(graph), keptBytes, FLOAT_FORMATS.f32.bytes);
    const operations = lower(graph, factors.operations, lowering);
    const program = stack.use(CpuProgram.record(cpu, lowering.recorder));
    if (release) await lowering.releaseParameters();
    else await weights.filled();
    return new CompiledGraph(
      graph,
      cpu,
      states,
      store,
      lowering,
      weights,
      operations,
      factors,
      program,
      stack.move(),
    );
  }

  /** Memory held, in bytes: weights that are shared, states, and the program's own. */
  get bytes(): number {
    return this.#store.bytes + this.#lowering.bytes + this.program.bytes;
  }

  /** Packs the numbers of parameters again, after they were changed in place. No program may run meanwhile. */
  async renewParameters(): Promise<void> {
    await this.#weights.renew();
  }

  /** Copies the numbers of the parameters that the graph trains into them. No program may run meanwhile. */
  bringTrained(): void {
    this.#lowering.bringTrained();
  }

  /** Times the operations, with the inputs of the last run. */
  async profile(): Promise<Profile> {
    const seconds = await this.program.timeOperations();
    const roles = this.program.operations.map(({ role }) => role);
    return profileOf(this.operations, seconds, roles);
  }

  /** Where runs read an input of vectors. */
  inputMemory(input: Value): Float32Array {
    return this.program.inputs[this.#vectorInputs.indexOf(input)] as Float32Array;
  }

  async run(inputs: RunInputs): Promise<RunOutputs> {
    const { vectors, indices } = checkInputs(this.#graph, inputs);
    const given = this.#vectorInputs.map((input) => vectors.get(input) as Float32Array);
    const results = await this.program.run(given, {
      before: () => {
        for (const name of this.#lowering.heldStates) this.#states.bringToMemory(name);
        for (const [input, { address }] of this.#lowering.indexInputs) {
          const numbers = indices.get(input) as Uint32Array;
          this.#engine.memory.int32(address, numbers.length).set(numbers);
        }
      },
    });
    const names = [...this.#graph.outputs.keys()];
    return Object.fromEntries(results.map((result, index) => [names[index] as string, result]));
  }

  [Symbol.dispose](): void {
    this.#held.dispose();
  }
}

/** Refuses weights that the memory of the kernels cannot hold, before the first is packed. */
function requireRoom(graph: Graph, { memory }: CpuEngine, { dtype }: CpuWeightStore): void {
  const bytes = new Map<Parameter, number>();
  for (const operation of operationsOf(graph)) {
    for (const parameter of parametersOf(operation)) bytes.set(parameter, 4 * parameter.length);
  }
  for (const operation of operationsOf(graph)) {
    if (operation.kind !== "linear") continue;
    const { factors, fewBits } = operation.matrix;
    const size = bitsOf(fewBits === false ? exactDtype(dtype) : dtype) / 8;
    for (const factor of factors) bytes.set(factor, size * factor.length);
  }
  const all = [...bytes.values()].reduce((sum, own) => sum + own, 0);
  memory.requireRoom(all, "the weights of the model");
}

function lower(
  graph: Graph,
  operations: readonly Operation[],
  lowering: GraphLowering,
): PlannedOperation[] {
  const planned: PlannedOperation[] = [];
  const { calls } = lowering.recorder;
  const plan = ({ kind, path, output }: PlannedValue, flops: number, from: number): void => {
    const own = calls.slice(from);
    const { vectors, features } = output;
    planned.push({
      ...{ kind, path, vectors, features },
      layout: lowering.of(output).layouts[0] ?? "rows",
      dispatches: own.length,
      kernels: own.map(({ call }) => call.label),
      rewrites: own.filter(({ role }) => role === "rewrite").length,
      traffic: own.reduce((sum, { call }) => sum + call.bytes, 0),
      flops,
    });
  };
  const fused = fuseEpilogues(graph, operations);
  lowering.windows = unwrittenWindows(graph, fused);
  for (const operation of fused) {
    if (lowering.windows.has(operation.output)) continue;
    const from = calls.length;
    lowerOnCpu(operation, lowering);
    plan(operation, flopsOf(operation), from);
  }
  for (const [name, value] of graph.outputs) {
    const from = calls.length;
    lowering.recorder.output(lowering.of(value));
    if (calls.length > from) plan({ kind: "output", path: name, output: value }, 0, from);
  }
  return planned;
}
