import { DisposableStack } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { CpuModel, type CpuModelOptions } from "../backends/cpu/cpu-model.ts";
import { CpuStates } from "../backends/cpu/cpu-states.ts";
import { CpuWeightStore, type CpuWeightStoreOptions } from "../backends/cpu/cpu-weight-store.ts";
import { DeviceModel, type DeviceModelOptions } from "../backends/gpu/device-model.ts";
import { ModelMemory } from "../backends/gpu/model-memory.ts";
import type { Executable } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";
import type { Decoder } from "../models/decoder.ts";
import { type AdaptedModels, modelWith } from "./adapted-models.ts";
import type { BatchGeneratorOptions } from "./batch-options.ts";
import { PAGE_TOKENS, pagesFor } from "./page-pool.ts";
import { TILE_TOKENS } from "./steps.ts";

/** The next token of a sequence, and the pages of its keys and values. */
interface NextToken {
  readonly id: number;
  readonly position: number;
  readonly pages: readonly number[];
}

/** Sizes of a batched generator. */
export interface BatchSizes {
  readonly context: number;
  readonly chunk: number;
  /** Sequences that are generated at once, at most. */
  readonly most: number;
  /** Of the pool. */
  readonly pages: number;
}

/** Programs of a decoder for sequences that share a pool of keys and values. */
export interface BatchSteps extends Disposable {
  /** Tokens of a prompt that a program reads at once from a position on, so many being left; 0 where none fits. */
  readable(position: number, left: number): number;
  /** Reads tokens that follow `position`, as many as are `readable`; gives the logits after the last of them. */
  read(
    ids: readonly number[],
    position: number,
    pages: readonly number[],
    adapter: string | undefined,
  ): Promise<Float32Array<ArrayBuffer>>;
  /** One token of each of several sequences of one adapter, or of none; gives the logits after each, which do not depend on the others. */
  decode(
    tokens: readonly NextToken[],
    adapter: string | undefined,
  ): Promise<readonly Float32Array[]>;
  /** Packs weights and compiles, where the first run would do it, of the model without adapters. */
  prepare(): Promise<void>;
}

/** A program for a graph, and what it takes with it when it goes. */
interface Programs extends Disposable {
  open(graph: Graph): Promise<Executable>;
}

/** Which sizes programs have. */
interface Widths {
  /** Sequences of the program that decodes so many. */
  sequences(count: number): number;
  /** Tokens of the program that reads so many from a position on; 0 where none fits. */
  tokens(position: number, count: number): number;
}

class PagedSteps implements BatchSteps {
  readonly #decoder: Decoder;
  readonly #adapted: AdaptedModels;
  readonly #sizes: BatchSizes;
  readonly #widths: Widths;
  readonly #programs: Programs;
  readonly #opened = new Map<string, Promise<Executable>>();

  constructor(
    decoder: Decoder,
    adapted: AdaptedModels,
    sizes: BatchSizes,
    widths: Widths,
    programs: Programs,
  ) {
    this.#decoder = decoder;
    this.#adapted = adapted;
    this.#sizes = sizes;
    this.#widths = widths;
    this.#programs = programs;
  }

  readable(position: number, left: number): number {
    const count = Math.min(left, this.#sizes.chunk);
    // A single token is decoded, by the programs that do nothing else.
    return count > 1 && this.#widths.tokens(position, count) >= count ? count : 0;
  }

  async read(
    ids: readonly number[],
    position: number,
    pages: readonly number[],
    adapter: string | undefined,
  ): Promise<Float32Array<ArrayBuffer>> {
    const tokens = this.#widths.tokens(position, ids.length);
    const model = await this.#program(1, tokens, adapter);
    const own = new Uint32Array(tokens);
    own.set(ids);
    const places = new Uint32Array(tokens).fill(this.#nowhere);
    for (let token = 0; token < ids.length; token++) {
      places[token] = placeOf(pages, position + token);
    }
    const table = new Uint32Array(pagesFor(this.#sizes.context));
    table.set(pages);
    const { logits } = await model.run({
      ...{ ids: own, places, pages: table },
      positions: Uint32Array.of(position),
      last: Uint32Array.of(ids.length - 1),
    });
    return logits as Float32Array<ArrayBuffer>;
  }

  async decode(
    tokens: readonly NextToken[],
    adapter: string | undefined,
  ): Promise<readonly Float32Array[]> {
    const width = this.#widths.sequences(tokens.length);
    const model = await this.#program(width, 1, adapter);
    const each = pagesFor(this.#sizes.context);
    const ids = new Uint32Array(width);
    const positions = new Uint32Array(width);
    // Of sequences that are not there, nothing is kept, and none of their keys counts.
    const places = new Uint32Array(width).fill(this.#nowhere);
    const lengths = new Uint32Array(width);
    const table = new Uint32Array(width * each);
    for (const [row, { id, position, pages }] of tokens.entries()) {
      ids[row] = id;
      positions[row] = position;
      places[row] = placeOf(pages, position);
      lengths[row] = position + 1;
      table.set(pages, row * each);
    }
    const { logits } = await model.run({ ids, positions, places, lengths, pages: table });
    const { vocabulary } = this.#decoder;
    return tokens.map((_, row) =>
      (logits as Float32Array).subarray(row * vocabulary, (row + 1) * vocabulary),
    );
  }

  async prepare(): Promise<void> {
    const { chunk, most } = this.#sizes;
    for (const count of new Set([1, most].map((one) => this.#widths.sequences(one)))) {
      await this.#program(count, 1);
    }
    if (chunk > 1) await this.#program(1, this.#widths.tokens(0, chunk));
  }

  [Symbol.dispose](): void {
    this.#programs[Symbol.dispose]();
  }

  /** The place of a token that is not to be kept. */
  get #nowhere(): number {
    return this.#sizes.pages * PAGE_TOKENS;
  }

  /** Recorded at its first use. */
  #program(sequences: number, tokens: number, adapter?: string): Promise<Executable> {
    const key = `${sequences} x ${tokens} ${adapter === undefined ? "" : `with ${adapter}`}`;
    const known = this.#opened.get(key);
    if (known !== undefined) return known;
    const { context, pages } = this.#sizes;
    const shape = { sequences, tokens, context, pages, pageSize: PAGE_TOKENS };
    const decoder = modelWith(this.#decoder, this.#adapted, adapter);
    const opened = this.#programs.open(decoder.traceBatchStep(shape));
    this.#opened.set(key, opened);
    opened.catch(() => this.#opened.delete(key));
    return opened;
  }
}

function placeOf(pages: readonly number[], position: number): number {
  const page = pages[Math.floor(position / PAGE_TOKENS)] as number;
  return page * PAGE_TOKENS + (position % PAGE_TOKENS);
}

/** Fewest sequences of a reproducible program of the CPU: sums are the same for any number of vectors from four on. */
const LEAST_SEQUENCES = 4;

/** What programs depend on, of the options of a generator. */
type StepOptions = Pick<BatchGeneratorOptions, "adapters" | "reproducible">;

/**
 * On the CPU, by the kernels in WebAssembly unless others are asked for. Recording a program takes little: there is one
 * for each power of two of sequences, and the rest of a prompt has one of about its own size.
 */
export function batchStepsOnCpu(
  decoder: Decoder,
  sizes: BatchSizes,
  options: Pick<CpuModelOptions, "kernels" | "releaseParameters"> &
    CpuWeightStoreOptions &
    StepOptions,
): BatchSteps {
  const { kernels = "wasm", releaseParameters = false, dtype = "f32" } = options;
  const least = (options.reproducible ?? true) ? LEAST_SEQUENCES : 1;
  const states = new CpuStates();
  const weights = new CpuWeightStore({ dtype });
  const models: CpuModel[] = [];
  const { context, chunk } = sizes;
  const widths: Widths = {
    sequences: (count) => Math.max(least, 2 ** Math.ceil(Math.log2(count))),
    tokens: (position, count) =>
      Math.min(chunk, TILE_TOKENS * Math.ceil(count / TILE_TOKENS), context - position),
  };
  const create = (graph: Graph): CpuModel =>
    new CpuModel(graph, { states, kernels, weights, releaseParameters });
  // At once: it refuses what are no options.
  create(decoder.traceStep({ tokens: 1, context })).dispose();
  return new PagedSteps(decoder, options.adapters ?? {}, sizes, widths, {
    open: async (graph) => {
      const model = create(graph);
      models.push(model);
      await model.prepare();
      return model;
    },
    [Symbol.dispose]: () => {
      // First: what they hold need not outlive the memory of the kernels.
      states.reset();
      for (const model of models) model.dispose();
    },
  });
}

/**
 * On a device, where compiling a program takes long and kernels are chosen by the number of vectors: there is one for
 * the most sequences, whose sums are then always the same, one for a sequence alone where they need not be, and one for
 * a chunk of a prompt.
 *
 * @throws PapilioError what `DeviceModel.compile` throws
 */
export async function batchStepsOnDevice(
  gpu: Gpu,
  decoder: Decoder,
  sizes: BatchSizes,
  options: Pick<DeviceModelOptions, "dtype" | "tune"> & StepOptions,
): Promise<BatchSteps> {
  const stack = new DisposableStack();
  const { context, chunk, most } = sizes;
  const { reproducible = true, tune } = options;
  const widths: Widths = {
    sequences: (count) => (count === 1 && !reproducible ? 1 : most),
    tokens: (position) => (position + chunk <= context ? chunk : 0),
  };
  const memory = stack.use(new ModelMemory(gpu, options.dtype));
  const open = async (graph: Graph): Promise<Executable> =>
    stack.use(await DeviceModel.compile(gpu, graph, { memory, tune }));
  const steps = new PagedSteps(decoder, options.adapters ?? {}, sizes, widths, {
    open,
    [Symbol.dispose]: () => stack.dispose(),
  });
  try {
    await steps.prepare();
    return steps;
  } catch (error) {
    steps[Symbol.dispose]();
    throw error;
  }
}
