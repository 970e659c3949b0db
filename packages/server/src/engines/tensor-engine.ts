import type { Gpu } from "@papilio/gpu-runtime";
import type { Executable } from "@papilio/nn";
import { CpuModel, CpuWeightStore, DeviceModel, ModelMemory } from "@papilio/nn/backends";
import { Batcher } from "../batching/batcher.ts";
import type { ModelPlace } from "./model-place.ts";
import type { Signature, Sizes, TensorSpec } from "./signature.ts";

/** Numbers of one row, by the names of inputs or outputs. */
export type RowTensors = Readonly<Record<string, Float32Array | Uint32Array>>;

/** One row of a request. */
export interface Row {
  readonly tokens: number;
  readonly tensors: RowTensors;
}

export interface TensorEngineOptions {
  readonly place: ModelPlace;
  readonly batch: number;
  readonly waitMs: number;
  readonly onBatch: (rows: number) => void;
}

/** Programs that are kept, each of one size: those that were used last. */
const MOST_PROGRAMS = 12;
/** Tokens of the smallest program. */
const LEAST_TOKENS = 8;

/** What programs of one device, or of the CPU, share: weights are packed once. */
interface Place extends Disposable {
  readonly gpu: Gpu | undefined;
  readonly programs: Map<string, Executable>;
  compile(sizes: Sizes): Promise<Executable>;
}

/**
 * Computes rows of requests together: a program for each power of two of rows and of tokens, which rows are
 * filled up to. What is filled up changes no row but by rounding.
 */
export class TensorEngine implements Disposable {
  readonly #signature: Signature;
  readonly #options: TensorEngineOptions;
  readonly #batcher: Batcher<Row, RowTensors>;
  #place: Place | undefined;

  constructor(signature: Signature, options: TensorEngineOptions) {
    this.#signature = signature;
    this.#options = options;
    this.#batcher = new Batcher<Row, RowTensors>(
      {
        most: signature.batched ? options.batch : 1,
        waitMs: signature.batched ? options.waitMs : 0,
        keyOf: ({ tokens }) => String(this.#tokensOf(tokens)),
        onBatch: options.onBatch,
      },
      (rows) => this.#compute(rows),
    );
  }

  /** Outputs of a row; rejects with the signal's reason when it aborts. */
  run(row: Row, signal: AbortSignal): Promise<RowTensors> {
    return this.#batcher.submit(row, signal);
  }

  #tokensOf(tokens: number): number {
    const power = 2 ** Math.ceil(Math.log2(Math.max(tokens, LEAST_TOKENS)));
    return Math.min(power, this.#signature.tokens);
  }

  async #compute(rows: readonly Row[]): Promise<readonly RowTensors[]> {
    const count = Math.min(2 ** Math.ceil(Math.log2(rows.length)), this.#options.batch);
    const sizes = {
      rows: this.#signature.batched ? count : 1,
      tokens: this.#tokensOf(Math.max(...rows.map(({ tokens }) => tokens))),
    };
    const program = await this.#program(sizes);
    const inputs = this.#signature.inputs.map((spec) => [
      spec.name,
      gathered(spec, rows, lengthOf(spec, sizes), sizes.rows),
    ]);
    const outputs = await program.run(Object.fromEntries(inputs));
    return rows.map(({ tokens }, index) =>
      Object.fromEntries(
        this.#signature.outputs.map((spec) => {
          const length = lengthOf(spec, sizes);
          const own = lengthOf(spec, { rows: 1, tokens });
          const from = index * length;
          return [spec.name, (outputs[spec.name] as Float32Array).slice(from, from + own)];
        }),
      ),
    );
  }

  async #program(sizes: Sizes): Promise<Executable> {
    const gpu = this.#options.place.slot?.get();
    if (this.#place === undefined || this.#place.gpu !== gpu) {
      this.#place?.[Symbol.dispose]();
      this.#place = this.#open(gpu);
    }
    const { programs } = this.#place;
    const key = `${sizes.rows} ${sizes.tokens}`;
    const found = programs.get(key) ?? (await this.#place.compile(sizes));
    programs.delete(key);
    programs.set(key, found);
    for (const [old, program] of programs) {
      if (programs.size <= MOST_PROGRAMS) break;
      programs.delete(old);
      program.dispose();
    }
    return found;
  }

  #open(gpu: Gpu | undefined): Place {
    const { place } = this.#options;
    const programs = new Map<string, Executable>();
    const dispose = (): void => {
      for (const program of programs.values()) program.dispose();
    };
    const trace = (sizes: Sizes) => this.#signature.trace(sizes);
    if (place.slot === undefined) {
      const weights = new CpuWeightStore({ dtype: place.dtype });
      const compile = (sizes: Sizes): Promise<Executable> =>
        Promise.resolve(new CpuModel(trace(sizes), { kernels: "wasm", weights }));
      return { gpu, programs, compile, [Symbol.dispose]: dispose };
    }
    const device = gpu as Gpu;
    const memory = new ModelMemory(device, place.dtype);
    return {
      gpu,
      programs,
      compile: (sizes) => DeviceModel.compile(device, trace(sizes), { memory, tune: place.tune }),
      [Symbol.dispose]: () => {
        dispose();
        memory.dispose();
      },
    };
  }

  [Symbol.dispose](): void {
    this.#place?.[Symbol.dispose]();
    this.#place = undefined;
  }
}

/** Numbers of one row; of all of a graph, which has no rows. */
export function lengthOf({ shape }: TensorSpec, { tokens }: Sizes): number {
  return shape.reduce<number>((product, axis) => {
    if (axis === "rows") return product;
    return product * (axis === "tokens" ? tokens : axis);
  }, 1);
}

/** An input of a batch: rows one after another, each filled up to a length, and rows that fill it up. */
function gathered(
  { name, datatype }: TensorSpec,
  rows: readonly Row[],
  length: number,
  count: number,
): Float32Array | Uint32Array {
  const all = new (datatype === "FP32" ? Float32Array : Uint32Array)(count * length);
  // Lengths of rows that nobody asked for: the mean of no token would be no number.
  if (name === "lengths") all.fill(1);
  for (const [index, { tensors }] of rows.entries()) {
    all.set(tensors[name] as Float32Array, index * length);
  }
  return all;
}
