import { PapilioError } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { gpuCheck } from "../arguments/checks.ts";
import type { CpuModelOptions } from "../backends/cpu/cpu-model.ts";
import type { CpuWeightStoreOptions } from "../backends/cpu/cpu-weight-store.ts";
import type { DeviceModelOptions } from "../backends/gpu/device-model.ts";
import type { Graph } from "../graph/graph.ts";
import type { Decoder } from "../models/decoder.ts";
import { type CompileGraphOptions, placeOfGraph } from "../placement/compile.ts";
import {
  type BatchGeneratorOptions,
  batchGeneratorCheck,
  requireSequence,
  type SubmitOptions,
  sequencesOf,
} from "./batch-options.ts";
import { BatchSequence, type TokenStream } from "./batch-sequence.ts";
import { sizesOf } from "./generator-options.ts";
import { type SequenceSlots, slotsOnCpu, slotsOnDevice } from "./sequence-slots.ts";

/** Sequences of a batched generator at a moment. */
export interface BatchStatistics {
  /** Sequences that have a cache. */
  readonly running: number;
  /** Sequences that wait for one. */
  readonly waiting: number;
  /** Sequences that there is room for at once. */
  readonly most: number;
  /** Tokens generated since the generator was created. */
  readonly tokens: number;
}

/**
 * Generates many texts at once with a decoder. Sequences join and leave between steps, whatever their lengths;
 * prompts are read in chunks between the steps of the others. Each sequence has its own cache, sampling and seed, and
 * its answer does not depend on what else is generated. All read the same packed weights, but each is multiplied by
 * them on its own: many sequences take turns, and are not yet faster together than one after the other.
 *
 * @example
 * ```ts
 * using generator = await BatchGenerator.create(model, { maxSequences: 8 });
 * const stream = generator.submit(tokenizer.encode("Once"), { maxTokens: 100, seed: 7 });
 * for await (const { id } of stream) process.stdout.write(tokenizer.decode([id]));
 * console.log(stream.finishReason);
 * ```
 */
export class BatchGenerator implements Disposable {
  readonly model: Decoder;
  readonly context: number;
  readonly #chunk: number;
  readonly #most: number;
  readonly #slots: SequenceSlots;
  readonly #free: number[];
  readonly #waiting: BatchSequence[] = [];
  /** In the order in which they joined. */
  readonly #running = new Map<BatchSequence, number>();
  #tokens = 0;
  #stepping = false;
  #disposed = false;

  private constructor(
    model: Decoder,
    { context, chunk, most }: ReturnType<typeof batchSizes>,
    slots: SequenceSlots,
  ) {
    this.model = model;
    this.context = context;
    this.#chunk = chunk;
    this.#most = most;
    this.#slots = slots;
    this.#free = Array.from({ length: most }, (_, slot) => slot).reverse();
  }

  /**
   * On the device or on the CPU, wherever `choosePlace` predicts a token to take less time.
   *
   * @param given `gpu` is an open device; without one it is the CPU
   * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, `CACHE_BUDGET`, and what `DeviceModel.compile` throws
   */
  static async create(
    model: Decoder,
    given: BatchGeneratorOptions & CompileGraphOptions = {},
  ): Promise<BatchGenerator> {
    batchGeneratorCheck("BatchGenerator.create", given);
    const { gpu, ...options } = given;
    const { context } = sizesOf(model, options);
    const { place } = placeOfGraph(model.traceStep({ tokens: 1, context }), { gpu, ...options });
    return gpu === undefined || place === "cpu"
      ? BatchGenerator.onCpu(model, options)
      : await BatchGenerator.onDevice(gpu, model, options);
  }

  /**
   * On the CPU, by the kernels in WebAssembly unless others are asked for.
   *
   * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, `CACHE_BUDGET`
   */
  static onCpu(
    model: Decoder,
    options: BatchGeneratorOptions &
      Pick<CpuModelOptions, "kernels" | "releaseParameters"> &
      CpuWeightStoreOptions = {},
  ): BatchGenerator {
    const sizes = batchSizes(model, options);
    return new BatchGenerator(model, sizes, slotsOnCpu(model, sizes, options));
  }

  /**
   * On a device.
   *
   * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, `CACHE_BUDGET`, and what `DeviceModel.compile` throws
   */
  static async onDevice(
    gpu: Gpu,
    model: Decoder,
    options: BatchGeneratorOptions & Pick<DeviceModelOptions, "dtype"> = {},
  ): Promise<BatchGenerator> {
    gpuCheck("The device", gpu);
    const sizes = batchSizes(model, options);
    const slots = await slotsOnDevice(gpu, model, sizes, options);
    return new BatchGenerator(model, sizes, slots);
  }

  /** What runs and what waits. */
  get statistics(): BatchStatistics {
    const { size: running } = this.#running;
    return { running, waiting: this.#waiting.length, most: this.#most, tokens: this.#tokens };
  }

  /**
   * Adds a sequence, which is generated from now on, read or not. It ends at a stop token, after `maxTokens`, or when
   * the context is full; an abort of `signal` or of the stream ends it at once. The stream throws the signal's reason
   * then, `LOGITS_INVALID` where the model computed NaN or infinity, and what a run of the model throws.
   *
   * @throws PapilioError `PROMPT_EMPTY`, `CONTEXT_LENGTH`, `INDEX_RANGE` for tokens that there are not,
   * `GENERATE_OPTION`, `SAMPLING_OPTION`; `GENERATOR_DISPOSED` after {@link dispose}
   */
  submit(prompt: readonly number[], options: SubmitOptions = {}): TokenStream {
    if (this.#disposed) throw generatorDisposed();
    requireSequence(this.model, this.context, prompt, options);
    const sequence = new BatchSequence(prompt, this.context, options, (ended) => {
      this.#release(ended);
    });
    if (sequence.finishReason === undefined) {
      this.#waiting.push(sequence);
      void this.#run();
    }
    return sequence;
  }

  /**
   * Packs the weights of a generator on the CPU, which the first step would do; those on a device are packed already.
   *
   * @throws PapilioError `GENERATOR_DISPOSED`, and what compiling a matrix for the CPU throws
   */
  async prepare(): Promise<void> {
    if (this.#disposed) throw generatorDisposed();
    await this.#slots.prepare();
  }

  /** Frees the programs and the caches; safe to call twice. Sequences that have not ended fail. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const sequence of [...this.#running.keys(), ...this.#waiting]) {
      sequence.fail(generatorDisposed());
    }
    this.#slots[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Steps until no sequence is left. */
  async #run(): Promise<void> {
    if (this.#stepping) return;
    this.#stepping = true;
    // Sequences that are submitted together begin together.
    await Promise.resolve();
    for (this.#admit(); this.#running.size > 0; this.#admit()) await this.#step();
    this.#stepping = false;
  }

  #admit(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      this.#running.set(this.#waiting.shift() as BatchSequence, this.#free.pop() as number);
    }
  }

  /** A chunk of the prompt that joined first, and one token of each sequence whose prompt was read. */
  async #step(): Promise<void> {
    const all = [...this.#running];
    const reading = all.find(([{ tokens, cached }]) => tokens.length - cached > 1);
    if (reading !== undefined) await this.#read(...reading);
    const ready = all.filter(
      ([sequence]) =>
        sequence !== reading?.[0] &&
        sequence.finishReason === undefined &&
        sequence.tokens.length - sequence.cached === 1,
    );
    if (ready.length === 0) return;
    const sequences = ready.map(([sequence]) => sequence);
    await this.#attempt(sequences, async () => {
      const tokens = ready.map(([{ tokens, cached }, slot]) => {
        return { slot, id: tokens[cached] as number, position: cached };
      });
      const logits = await this.#slots.decode(tokens);
      for (const [index, sequence] of sequences.entries()) {
        this.#take(sequence, 1, logits[index] as Float32Array);
      }
    });
  }

  async #read(sequence: BatchSequence, slot: number): Promise<void> {
    const { tokens, cached } = sequence;
    const ids = tokens.slice(cached, cached + this.#chunk);
    await this.#attempt([sequence], async () => {
      this.#take(sequence, ids.length, await this.#slots.read(slot, ids, cached));
    });
  }

  /** After so many further tokens of a sequence were computed. */
  #take(sequence: BatchSequence, count: number, logits: Float32Array): void {
    sequence.cached += count;
    const { length } = sequence.tokens;
    if (sequence.cached === length) sequence.take(logits);
    this.#tokens += sequence.tokens.length - length;
  }

  /** An error ends the sequences that were computed, and no other. */
  async #attempt(sequences: readonly BatchSequence[], run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      for (const sequence of sequences) sequence.fail(error);
    }
  }

  #release(sequence: BatchSequence): void {
    const slot = this.#running.get(sequence);
    if (slot !== undefined) this.#free.push(slot);
    this.#running.delete(sequence);
    const waiting = this.#waiting.indexOf(sequence);
    if (waiting !== -1) this.#waiting.splice(waiting, 1);
  }
}

/** @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, `CACHE_BUDGET` */
function batchSizes(
  model: Decoder,
  options: BatchGeneratorOptions,
): { readonly context: number; readonly chunk: number; readonly most: number } {
  batchGeneratorCheck("a batched generator", options);
  const sizes = sizesOf(model, options);
  const { context } = sizes;
  return {
    ...sizes,
    most: sequencesOf(options, cacheBytes(model.traceStep({ tokens: 1, context }))),
  };
}

function cacheBytes({ states }: Graph): number {
  return [...states.values()].reduce(
    (sum, { value }) => sum + 4 * value.vectors * value.features,
    0,
  );
}

function generatorDisposed(): PapilioError {
  return new PapilioError(
    "GENERATOR_DISPOSED",
    "The generator was disposed of, and so were its caches of keys and values.",
    "Dispose of a generator after its last text, or create another one.",
  );
}
