import {
  bitsOf,
  type CpuEngine,
  type CpuSpan,
  chainPasses,
  type KernelCall,
  type Layout,
  type OpenCpu,
  type OpenEngine,
  type PackedWeights,
  ProgramRecorder,
  type ProgramValue,
  pack,
  packWeights,
  passValues,
  type WeightDtype,
} from "@papilio/cpu-runtime/kernels";
import type { Graph, State } from "../../graph/graph.ts";
import { Indices, type Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { CpuLowering, PackedPass } from "../../operations/cpu-lowering.ts";
import { butterflyOf } from "../../operations/linear/butterfly-of.ts";
import type { Matrix } from "../../operations/linear/matrix.ts";
import { sourceOf, TransposedFactor } from "../../operations/linear/transpose.ts";
import { operationsOf } from "../../operations/operation.ts";
import type { UnfoldOperation } from "../../operations/unfold/operation.ts";
import type { CpuStates } from "./cpu-states.ts";
import type { CpuWeights, PackedNumbers } from "./cpu-weight-store.ts";

/** A factor of a pass that the graph trains. */
interface TrainedStage {
  readonly weights: PackedWeights;
  readonly stage: number;
  readonly span: CpuSpan;
  readonly transposed: boolean;
}

/** What matrices that are not rounded to few bits are stored in. */
export function exactDtype(dtype: WeightDtype): WeightDtype {
  return bitsOf(dtype) < 16 ? "f32" : dtype;
}

/** A graph on its way to a program of the CPU: where each value lies, and the operations so far. */
export class GraphLowering implements CpuLowering {
  readonly recorder: ProgramRecorder = new ProgramRecorder();
  /** Indices that a run is given, and where they go. */
  readonly indexInputs: Map<Indices, CpuSpan> = new Map();
  readonly threads: number;
  windows: ReadonlyMap<Value, UnfoldOperation> = new Map();
  readonly #engine: CpuEngine;
  readonly #weights: CpuWeights;
  readonly #states: CpuStates;
  readonly #stateOf = new Map<Value, State>();
  readonly #keptSpans: CpuSpan[] = [];
  readonly #heldStates = new Set<string>();
  readonly #values = new Map<Value, ProgramValue>();
  readonly #indices = new Map<Indices, CpuSpan>();
  /** Dense matrices that the graph multiplies by. */
  readonly #heads = new Map<Parameter, Matrix>();
  readonly #packings = new Map<Parameter, readonly Promise<void>[]>();
  /** Parameters that the graph trains, and what is packed of each so far. */
  readonly #trained = new Map<Parameter, Map<string, TrainedStage>>();
  readonly #trainedSpans = new Map<Parameter, CpuSpan>();
  readonly #constants = new Map<object, CpuSpan>();
  /** Memory of its own. */
  readonly #allocated: CpuSpan[] = [];

  constructor(graph: Graph, cpu: OpenCpu & OpenEngine, weights: CpuWeights, states: CpuStates) {
    this.threads = cpu.threads.max;
    this.#engine = cpu.engine;
    this.#weights = weights;
    this.#states = states;
    for (const state of graph.states.values()) this.#stateOf.set(state.value, state);
    for (const operation of operationsOf(graph)) {
      if (operation.kind === "update") this.#trained.set(operation.parameter, new Map());
      if (operation.kind !== "linear") continue;
      const [only, ...others] = operation.matrix.factors;
      const dense = operation.matrix.chain.patterns[0]?.blocks === 1 && others.length === 0;
      if (dense && only !== undefined) this.#heads.set(only, operation.matrix);
    }
    for (const input of graph.inputs.values()) {
      if (input instanceof Indices) continue;
      this.#values.set(input, this.recorder.input(input.vectors, input.features));
    }
  }

  /** Names of the states that the program reads or writes. */
  get heldStates(): ReadonlySet<string> {
    return this.#heldStates;
  }

  /** Memory of states, and what is its own, in bytes. */
  get bytes(): number {
    return [...this.#keptSpans, ...this.#allocated].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  of(value: Value): ProgramValue {
    if (this.#stateOf.has(value) && !this.#values.has(value)) return this.state(value, "rows");
    return this.#values.get(value) as ProgramValue;
  }

  define(value: Value): ProgramValue {
    const defined = this.recorder.value(value.vectors, value.features);
    this.#values.set(value, defined);
    return defined;
  }

  between(vectors: number, features: number): ProgramValue {
    return this.recorder.value(vectors, features);
  }

  alias(value: Value, vectors: ProgramValue): void {
    this.#values.set(value, vectors);
  }

  state(value: Value, layout: Layout): ProgramValue {
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    const state = this.#stateOf.get(value) as State;
    const kept = this.#states.hold(state, layout, this.#engine);
    this.#heldStates.add(state.name);
    this.#keptSpans.push(kept.span);
    const { vectors, features } = value;
    const vectorsOfState = this.recorder.kept(vectors, features, kept.layout, kept.span);
    this.#values.set(value, vectorsOfState);
    return vectorsOfState;
  }

  indices(indices: Indices): CpuSpan {
    if (indices.fixed !== undefined) return this.constants(indices.fixed);
    const known = this.#indices.get(indices);
    if (known !== undefined) return known;
    const span = this.#allocate(4 * indices.length, "indices");
    this.#indices.set(indices, span);
    this.indexInputs.set(indices, span);
    return span;
  }

  parameter(parameter: Parameter): CpuSpan {
    return this.#packed([parameter], {
      form: "numbers",
      bytes: 4 * parameter.length,
      fill: (span) => this.#write(span, parameter.values),
    });
  }

  constants(numbers: Float32Array | Uint32Array): CpuSpan {
    const known = this.#constants.get(numbers);
    if (known !== undefined) return known;
    const span = this.#allocate(numbers.byteLength, "constants");
    this.#write(span, numbers);
    this.#constants.set(numbers, span);
    return span;
  }

  packedTable(parameter: Parameter): PackedPass | undefined {
    const matrix = this.#heads.get(parameter);
    return matrix && this.packed(matrix)[0];
  }

  packed(matrix: Matrix): PackedPass[] {
    const trains = matrix.factors.some((factor) => this.#trained.has(sourceOf(factor)));
    // Factors that are trained are packed one by one, as the optimizer changes them, and in the precision that it has.
    const stored = matrix.fewBits === false ? exactDtype(this.#weights.dtype) : this.#weights.dtype;
    const [dtype, form] = trains ? (["f32", ", factor by factor"] as const) : [stored, ""];
    // Factors of few bits are stored as they are: the product of two would be rounded to other numbers.
    const merges = !trains && bitsOf(dtype) >= 16;
    return chainPasses(matrix.chain, dtype, { merges }).map((pass, index) => {
      const { weights, ranges } = pass;
      const span = this.#packed(matrix.factors, {
        form: `pass ${index} of ${matrix.chain}${form}`,
        bytes: weights.bytes,
        fill: (to, engine) =>
          packWeights(engine, weights, passValues(butterflyOf(matrix), pass), to),
      });
      for (const [stage, { from }] of ranges.entries()) {
        const factor = matrix.factors[from] as Parameter;
        const transposed = factor instanceof TransposedFactor;
        const stages = this.#trained.get(sourceOf(factor));
        stages?.set(`${span.address} ${stage}`, { weights, stage, span, transposed });
      }
      return { weights, span };
    });
  }

  trained(parameter: Parameter): ProgramValue {
    const span = this.parameter(parameter);
    this.#trainedSpans.set(parameter, span);
    return this.recorder.kept(1, parameter.length, "rows", span);
  }

  repack(parameter: Parameter): void {
    const values = this.parameter(parameter);
    for (const { weights, stage, span, transposed } of this.#trained.get(parameter)?.values() ??
      []) {
      this.push(pack({ weights, stage, transposed }), [values, span], "rewrite");
    }
  }

  ownMemory(bytes: number, what: string): CpuSpan {
    return this.#allocate(bytes, what);
  }

  /** The numbers of the parameters that the graph trains, as they are in memory, into the parameters. */
  bringTrained(): void {
    for (const [parameter, { address }] of this.#trainedSpans) {
      parameter.bring(this.#engine.memory.float32(address, parameter.length));
    }
  }

  push(
    call: KernelCall,
    operands: readonly (ProgramValue | CpuSpan)[],
    role?: "compute" | "rewrite",
  ): void {
    this.recorder.add(call, operands, role);
  }

  /** Numbers of parameters in the memory that graphs share. */
  #packed(parameters: readonly Parameter[], numbers: Omit<PackedNumbers, "parameters">): CpuSpan {
    const { span, filled } = this.#weights.of(this.#engine, { ...numbers, parameters });
    for (const parameter of parameters) {
      this.#packings.set(parameter, [...(this.#packings.get(parameter) ?? []), filled]);
    }
    return span;
  }

  /** Releases the numbers of each parameter as soon as all that is made of them is packed. */
  async releaseParameters(): Promise<void> {
    await Promise.all(
      [...this.#packings].map(async ([parameter, packings]) => {
        await Promise.all(packings);
        parameter.release();
      }),
    );
  }

  #allocate(bytes: number, what: string): CpuSpan {
    const span = { address: this.#engine.memory.allocate(bytes, what), bytes };
    this.#allocated.push(span);
    return span;
  }

  #write({ address }: CpuSpan, numbers: Float32Array | Uint32Array): void {
    const { buffer, byteOffset, byteLength } = numbers;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.#engine.memory.bytesAt(address, byteLength).set(bytes);
  }

  /** Frees what is its own, after the runs that have begun. Once. */
  dispose(): void {
    for (const name of this.#heldStates) this.#states.release(name);
    const { memory, pool } = this.#engine;
    const allocated = this.#allocated.splice(0);
    void pool.runExclusive(() => {
      for (const { address } of allocated) memory.free(address);
      return Promise.resolve();
    });
  }
}
