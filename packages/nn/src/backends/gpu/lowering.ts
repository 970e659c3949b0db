import type { Butterfly, Layout, StorageDtype } from "@papilio/butterfly";
import type { FewBits } from "@papilio/butterfly/numeric";
import { type Gpu, type InputShape, Tensor } from "@papilio/gpu-runtime";
import {
  BufferSet,
  type ButterflyMultiplication,
  type ButterflyOptions,
  elementwiseKernel,
  type Kernel,
  type Multiplication,
  prepareButterfly,
  type SharedWeights,
  type Step,
  scratchVectors,
  transposition,
  type Vectors,
} from "@papilio/gpu-runtime/kernels";
import type { Operand, Span } from "@papilio/gpu-runtime/memory";
import type { Graph } from "../../graph/graph.ts";
import { Indices, type Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { DeviceLowering, MeasuredKernels, Table } from "../../operations/device-lowering.ts";
import { butterflyOf } from "../../operations/linear/butterfly-of.ts";
import type { Matrix } from "../../operations/linear/matrix.ts";
import type { LinearOperation } from "../../operations/linear/operation.ts";
import { type Operation, operationsOf } from "../../operations/operation.ts";
import { allocatedVectors } from "./allocated-vectors.ts";
import type { ModelMemory } from "./model-memory.ts";
import { TrainedParameters } from "./trained-parameters.ts";

/**
 * A graph on its way to a device: where each value lies, and the dispatches so far. What is between
 * operations is batch-last, which is what multiplications like best; the operations that can read or
 * write either layout do, and so are the only transpositions those at a multiplication that stands at
 * an end of the graph.
 */
export class Lowering implements DeviceLowering {
  readonly gpu: Gpu;
  readonly memory: ModelMemory;
  /** Layout of what is between operations. */
  readonly layout: Layout;
  readonly measured: MeasuredKernels | undefined;
  readonly steps: Step[] = [];
  /** What the graph owns besides: inputs, outputs, what does not change and no other graph shares. */
  readonly buffers: BufferSet;
  readonly tensors: Tensor[] = [];
  readonly multiplications: Multiplication[] = [];
  /** Vectors that a run is given. */
  readonly inputs: Map<Value, Tensor> = new Map();
  readonly outputs: Map<string, Tensor> = new Map();
  /** What the graph trains, where it trains. */
  trainedParameters: TrainedParameters | undefined;
  /** Updates of parameters that are to come. */
  #updates = 0;
  /** Values in float32 whatever the model is in: those of optimizers. */
  readonly #single = new Set<Value>();
  readonly #weights: SharedWeights;
  /** Linear operations by the one parameter that they multiply by. */
  readonly #heads = new Map<Parameter, LinearOperation>();
  readonly #outputOf = new Map<Value, Tensor>();
  readonly #values = new Map<Value, Vectors>();
  readonly #transposed = new Map<Value, Vectors>();
  readonly #indices = new Map<Indices, Span>();
  readonly #uploaded = new Map<object, Span>();

  private constructor(memory: ModelMemory, layout: Layout, measured: MeasuredKernels | undefined) {
    this.gpu = memory.gpu;
    this.memory = memory;
    this.layout = layout;
    this.measured = measured;
    this.buffers = new BufferSet(this.gpu);
    this.#weights = memory.weights.open();
  }

  /**
   * Makes room for a graph's inputs, states and outputs.
   *
   * @throws PapilioError `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`, and then holds nothing
   */
  static of(
    graph: Graph,
    memory: ModelMemory,
    layout: Layout,
    measured?: MeasuredKernels,
  ): Lowering {
    const lowering = new Lowering(memory, layout, measured);
    try {
      lowering.#begin(graph);
      return lowering;
    } catch (error) {
      lowering.dispose();
      throw error;
    }
  }

  get dtype(): StorageDtype {
    return this.memory.dtype;
  }

  of(value: Value): Vectors {
    return this.#values.get(value) as Vectors;
  }

  inLayout(value: Value): Vectors {
    const vectors = this.of(value);
    if (vectors.layout === this.layout) return vectors;
    // A single vector is the same memory in both.
    if (vectors.batch === 1) return { ...vectorsOf(vectors), layout: this.layout };
    const done = this.#transposed.get(value);
    if (done !== undefined) return done;
    const copy = this.#scratch(value);
    this.steps.push(transposition(vectors, copy));
    this.#transposed.set(value, copy);
    return copy;
  }

  define(value: Value, { layout }: { readonly layout: "any" | "multiplication" }): Vectors {
    const output = this.#outputOf.get(value);
    const direct =
      output !== undefined &&
      (layout === "any" || value.vectors === 1 || output.layout === this.layout);
    const vectors = direct ? output : this.#scratch(value);
    this.#values.set(value, vectors);
    return vectors;
  }

  alias(value: Value, vectors: Vectors): void {
    this.#values.set(value, vectors);
  }

  indices(indices: Indices): Span {
    return this.#indices.get(indices) as Span;
  }

  parameter(parameter: Parameter, dtype: StorageDtype = this.dtype): Span {
    const trained = this.trainedParameters;
    if (trained?.has(parameter)) return trained.span(parameter, dtype);
    return this.memory.parameter(parameter, dtype);
  }

  table(parameter: Parameter): Table {
    const head = this.#heads.get(parameter);
    if (head !== undefined) {
      const { matrix, x } = head;
      const batch = allocatedVectors(x.vectors);
      // The multiplication chooses the order: it reads all of them, and this a few.
      this.multiplication(matrix, undefined, { batch, layout: this.layout, dtype: this.dtype }, {});
      const { weights, butterfly } = this.#weightsOf(matrix);
      const weightDtype = this.#weightDtypeOf(matrix, weights);
      const stored = weights.dense(butterfly, weightDtype ?? this.dtype);
      if (stored !== undefined) return { ...stored, ...(weightDtype && { weightDtype }) };
    }
    return { memory: this.parameter(parameter) };
  }

  trained(parameter: Parameter): Vectors & { readonly memory: Span } {
    const memory = this.parameter(parameter, "f32");
    const { length: features } = parameter;
    return { batch: 1, features, layout: this.layout, dtype: "f32", memory };
  }

  repack(): void {
    this.#updates--;
    if (this.#updates === 0) this.pushSteps(this.trainedParameters?.steps ?? []);
  }

  ownMemory(length: number, label: string): Span {
    return this.buffers.upload(new Float32Array(length), "f32", label);
  }

  floats(values: Float32Array, dtype: StorageDtype, label: string): Span {
    return this.#once(values, () => this.buffers.upload(values, dtype, label));
  }

  integers(numbers: Uint32Array, label: string): Span {
    return this.#once(numbers, () => this.buffers.uploadIndices(numbers.slice(), label));
  }

  multiplication(
    matrix: Matrix,
    bias: Parameter | undefined,
    shape: InputShape,
    options: Omit<ButterflyOptions, "bias" | "weights" | "weightDtype">,
  ): ButterflyMultiplication {
    const { weights, butterfly, biased } = this.#weightsOf(matrix, bias);
    const weightDtype = this.#weightDtypeOf(matrix, weights);
    // What the graph trains has places for its numbers in the stages that are planned; factors of few bits are stages.
    const plan =
      weights.placed || weightDtype ? undefined : this.measured?.plan(butterfly.chain, shape);
    const multiplication = prepareButterfly(this.gpu, butterfly, shape, {
      ...options,
      ...(plan && { plan }),
      ...(biased && { bias: biased }),
      weights,
      weightDtype,
    });
    this.multiplications.push(multiplication);
    return multiplication;
  }

  push(kernel: Kernel, buffers: readonly Operand[], role: Step["role"] = "multiply"): void {
    this.steps.push({ kernel, buffers, role });
  }

  pushSteps(steps: readonly Step[]): void {
    this.steps.push(...steps);
  }

  /** Brings an output to where it is read, if it is not there yet. */
  finish(name: string, value: Value): void {
    const output = this.outputs.get(name) as Tensor;
    const vectors = this.of(value);
    if (vectors.memory === output.memory) return;
    const { batch, features, layout, dtype } = output;
    if (vectors.layout !== layout && batch > 1) {
      this.steps.push(transposition(vectors, output));
      return;
    }
    const copy = elementwiseKernel({ batch, features, from: layout, to: layout, dtype });
    this.push(copy, [vectors.memory, output.memory], "rewrite");
  }

  dispose(): void {
    for (const multiplication of this.multiplications) multiplication[Symbol.dispose]();
    for (const tensor of this.tensors) tensor.dispose();
    this.#weights.dispose();
    this.trainedParameters?.[Symbol.dispose]();
    this.buffers.dispose();
  }

  #begin(graph: Graph): void {
    this.trainedParameters = TrainedParameters.of(graph, this.memory, this.buffers);
    for (const operation of operationsOf(graph)) {
      for (const value of singlesOf(operation)) this.#single.add(value);
      if (operation.kind === "update") this.#updates++;
      if (operation.kind !== "linear") continue;
      const [factor, ...others] = operation.matrix.factors;
      if (factor !== undefined && others.length === 0) this.#heads.set(factor, operation);
    }
    for (const [name, input] of graph.inputs) {
      if (input instanceof Indices) {
        const lease = this.buffers.uploadIndices(new Uint32Array(input.length), name);
        this.#indices.set(input, lease);
      } else {
        const tensor = this.#tensor(input, "batch-first", name);
        this.#values.set(input, tensor);
        this.inputs.set(input, tensor);
      }
    }
    for (const fixed of graph.fixedIndices) {
      this.#indices.set(
        fixed,
        this.buffers.uploadIndices(fixed.fixed?.slice() ?? new Uint32Array(), fixed.name),
      );
    }
    for (const state of graph.states.values())
      this.#values.set(state.value, this.memory.state(state, this.#dtypeOf(state.value)));
    for (const [name, value] of graph.outputs) {
      const tensor = this.#tensor(value, "batch-first", name);
      this.outputs.set(name, tensor);
      this.#outputOf.set(value, tensor);
    }
  }

  /** A product as it is prepared: of its weights, or of the places that they have among trained parameters. */
  #weightsOf(
    matrix: Matrix,
    bias?: Parameter,
  ): { weights: SharedWeights; butterfly: Butterfly; biased: Float32Array | undefined } {
    const trained = this.trainedParameters;
    if (
      trained === undefined ||
      ![...matrix.factors, bias].some((one) => one && trained.has(one))
    ) {
      return { weights: this.#weights, butterfly: butterflyOf(matrix), biased: bias?.values };
    }
    const { weights } = trained;
    return {
      weights,
      butterfly: trained.placesOf(matrix),
      biased: bias && trained.placesOfBias(bias),
    };
  }

  /** How the factors of a matrix are stored, where they are in few bits: not those that are trained. */
  #weightDtypeOf({ fewBits = true }: Matrix, weights: SharedWeights): FewBits | undefined {
    return fewBits && !weights.placed ? this.memory.weightDtype : undefined;
  }

  #once(array: object, upload: () => Span): Span {
    const span = this.#uploaded.get(array) ?? upload();
    this.#uploaded.set(array, span);
    return span;
  }

  #dtypeOf(value: Value): StorageDtype {
    return this.#single.has(value) ? "f32" : this.dtype;
  }

  #scratch(value: Value): Vectors {
    const { vectors, features } = value;
    const batch = allocatedVectors(vectors);
    return scratchVectors(
      { batch, features, layout: this.layout, dtype: this.#dtypeOf(value) },
      "activations",
    );
  }

  #tensor(value: Value, layout: Layout, label: string): Tensor {
    const { vectors, features } = value;
    const batch = allocatedVectors(vectors);
    const dtype = this.#dtypeOf(value);
    const tensor = new Tensor(this.gpu, { batch, features, layout, dtype, label });
    this.tensors.push(tensor);
    return tensor;
  }
}

/** A tensor's description, to be changed. */
function vectorsOf({ batch, features, layout, dtype, memory }: Vectors): Vectors {
  return { batch, features, layout, dtype, memory };
}

/** What an operation of an optimizer reads and writes in float32. */
function singlesOf(operation: Operation): Value[] {
  switch (operation.kind) {
    case "step-settings":
      return [operation.given, operation.output];
    case "accumulate":
      return [operation.state, operation.given, operation.output];
    case "update":
      return [operation.momentum, operation.squares].filter((value) => value !== undefined);
    default:
      return [];
  }
}
