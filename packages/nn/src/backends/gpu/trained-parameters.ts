import { Butterfly, KroneckerSparse, type StorageDtype } from "@papilio/butterfly";
import { Tensor } from "@papilio/gpu-runtime";
import type { BufferSet, SharedWeights, Step } from "@papilio/gpu-runtime/kernels";
import type { Span } from "@papilio/gpu-runtime/memory";
import type { Graph } from "../../graph/graph.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { Matrix } from "../../operations/linear/matrix.ts";
import type { LinearOperation } from "../../operations/linear/operation.ts";
import { sourceOf, TransposedFactor } from "../../operations/linear/transpose.ts";
import { operationsOf } from "../../operations/operation.ts";
import { spanWithin } from "../../operations/shared/span-within.ts";
import type { ModelMemory } from "./model-memory.ts";
import { PackedParts } from "./packed-parts.ts";

/** Where a binding may begin, in numbers of 4 bytes. */
const ALIGNMENT = 64;

/**
 * The parameters that a graph trains, and what products read beside them, one after another in device memory, in the order
 * of the parameters. What kernels read in another order or precision is made of that by steps of the program.
 */
export class TrainedParameters implements Disposable {
  /** What the weights of products with such parameters are taken of. */
  readonly weights: SharedWeights;
  readonly #parts: PackedParts;
  #steps: readonly Step[] | undefined;
  readonly #trained: ReadonlySet<Parameter>;
  /** Index of the first number of each. */
  readonly #starts = new Map<Parameter, number>();
  readonly #tensor: Tensor;
  readonly #buffers: BufferSet;
  readonly #butterflies = new Map<
    Parameter,
    { factors: readonly Parameter[]; butterfly: Butterfly }[]
  >();
  readonly #biases = new Map<Parameter, Float32Array>();
  readonly #rounded = new Map<Parameter, Span>();

  private constructor(
    memory: ModelMemory,
    trained: Set<Parameter>,
    others: Iterable<Parameter>,
    buffers: BufferSet,
  ) {
    this.#trained = trained;
    this.#buffers = buffers;
    let length = 0;
    for (const parameter of new Set([...trained, ...others])) {
      this.#starts.set(parameter, length);
      length += Math.ceil(parameter.length / ALIGNMENT) * ALIGNMENT;
    }
    this.#tensor = new Tensor(memory.gpu, {
      ...{ batch: 1, features: length, layout: "batch-first", label: "trained parameters" },
    });
    const numbers = new Float32Array(length);
    for (const [parameter, start] of this.#starts) numbers.set(parameter.values, start);
    this.#tensor.write(numbers);
    this.#parts = new PackedParts(memory);
    this.weights = memory.weights.open({
      place: ({ buffer, byteOffset, length: count }, dtype, label) =>
        this.#parts.place(new Uint32Array(buffer, byteOffset, count), dtype, label),
    });
  }

  /**
   * Undefined for a graph that trains nothing.
   *
   * @param buffers own what is made of the parameters
   * @throws PapilioError `BUFFER_TOO_LARGE`, `MEMORY_BUDGET`
   */
  static of(graph: Graph, memory: ModelMemory, buffers: BufferSet): TrainedParameters | undefined {
    const operations = operationsOf(graph);
    const trained = new Set<Parameter>();
    for (const operation of operations) {
      if (operation.kind === "update") trained.add(operation.parameter);
    }
    if (trained.size === 0) return undefined;
    // A product is written by one program or the other.
    const others = operations
      .filter((operation) => operation.kind === "linear")
      .map(readBy)
      .filter((read) => read.some((parameter) => trained.has(parameter)));
    return new TrainedParameters(memory, trained, others.flat(), buffers);
  }

  /** Device memory held, in bytes, without packed weights. */
  get bytes(): number {
    return this.#tensor.bytes;
  }

  has(parameter: Parameter): boolean {
    return this.#starts.has(sourceOf(parameter));
  }

  /** The numbers of a parameter, in float32 in their own order; in half precision a copy that is brought up to date. */
  span(parameter: Parameter, dtype: StorageDtype): Span {
    const start = this.#starts.get(parameter) as number;
    const own = spanWithin(this.#tensor.memory, 4 * start, 4 * parameter.length);
    if (dtype === "f32") return own;
    const known = this.#rounded.get(parameter);
    if (known !== undefined) return known;
    const places = new Uint32Array(this.#places(parameter).buffer);
    const copy = this.#parts.place(places, dtype, "a parameter, rounded");
    this.#rounded.set(parameter, copy);
    return copy;
  }

  /** Brings all that is read in another form up to date, once all of it is known. */
  get steps(): readonly Step[] {
    this.#steps ??= this.#parts.steps(this.#tensor.memory, this.#buffers);
    return this.#steps;
  }

  /** The matrix with, for each value, the bits of one more than the index of the number that it is. */
  placesOf({ chain, factors }: Matrix): Butterfly {
    const first = factors[0] as Parameter;
    const known = this.#butterflies.get(first) ?? [];
    this.#butterflies.set(first, known);
    const found = known.find(
      (one) =>
        one.butterfly.chain.toString() === chain.toString() &&
        one.factors.every((factor, index) => factor === factors[index]),
    );
    if (found !== undefined) return found.butterfly;
    const butterfly = new Butterfly(
      chain.patterns.map((pattern, index) => {
        const factor = factors[index] as Parameter;
        const places = this.#places(sourceOf(factor));
        if (!(factor instanceof TransposedFactor)) return new KroneckerSparse(pattern, places);
        return new KroneckerSparse(pattern.transpose(), places).transpose();
      }),
    );
    known.push({ factors, butterfly });
    return butterfly;
  }

  /** The same of a bias. */
  placesOfBias(bias: Parameter): Float32Array {
    const places = this.#biases.get(bias) ?? this.#places(bias);
    this.#biases.set(bias, places);
    return places;
  }

  /** Copies the numbers of what is trained into the parameters. */
  async bring(): Promise<void> {
    const numbers = await this.#tensor.data();
    for (const parameter of this.#trained) {
      const start = this.#starts.get(parameter) as number;
      parameter.bring(numbers.subarray(start, start + parameter.length));
    }
  }

  [Symbol.dispose](): void {
    this.weights.dispose();
    this.#parts[Symbol.dispose]();
    this.#tensor.dispose();
  }

  #places(parameter: Parameter): Float32Array {
    const start = this.#starts.get(parameter) as number;
    const places = Uint32Array.from({ length: parameter.length }, (_, index) => start + index + 1);
    return new Float32Array(places.buffer);
  }
}

function readBy({ matrix, bias }: LinearOperation): Parameter[] {
  return [...matrix.factors.map(sourceOf), ...(bias === undefined ? [] : [bias])];
}
