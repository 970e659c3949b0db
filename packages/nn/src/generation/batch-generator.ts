import { PapilioError } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { gpuCheck } from "../arguments/checks.ts";
import type { CpuModelOptions } from "../backends/cpu/cpu-model.ts";
import type { CpuWeightStoreOptions } from "../backends/cpu/cpu-weight-store.ts";
import type { DeviceModelOptions } from "../backends/gpu/device-model.ts";
import type { Decoder } from "../models/decoder.ts";
import { type CompileGraphOptions, placeOfGraph } from "../placement/compile.ts";
import type { AdaptedModels } from "./adapted-models.ts";
import {
  type BatchGeneratorOptions,
  batchGeneratorCheck,
  poolOf,
  requireSequence,
  type SubmitOptions,
} from "./batch-options.ts";
import { BatchSchedule } from "./batch-schedule.ts";
import { BatchSequence, type TokenStream } from "./batch-sequence.ts";
import {
  type BatchSizes,
  type BatchSteps,
  batchStepsOnCpu,
  batchStepsOnDevice,
} from "./batch-steps.ts";
import { sizesOf } from "./generator-options.ts";
import { PAGE_TOKENS } from "./page-pool.ts";

/** Sequences of a batched generator at a moment. */
export interface BatchStatistics {
  /** Sequences that are generated. */
  readonly running: number;
  /** Sequences that wait for a place, or for memory. */
  readonly waiting: number;
  /** Sequences that are generated at once, at most. */
  readonly most: number;
  /** Tokens generated since the generator was created. */
  readonly tokens: number;
  /** Steps since then in which sequences were decoded, and the sequences of these steps taken together. */
  readonly steps: number;
  readonly decoded: number;
  /** How often since then a sequence gave its memory to others, to be computed again. */
  readonly preempted: number;
  /** Bytes of the keys and values of running sequences, and of all that there is room for, as float32. */
  readonly cacheBytes: number;
  readonly cacheBudget: number;
}

/**
 * Generates many texts at once with a decoder. Sequences join and leave between steps, whatever their lengths;
 * prompts are read in chunks between the steps of the others. In a step the vectors of all sequences are multiplied
 * together, so that weights are read once for all. Each sequence has its own keys and values, in pages of a pool, its
 * own sampling and seed, and its answer does not depend on what else is generated, but for rounding where it need not
 * be reproducible.
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
  readonly #adapted: AdaptedModels;
  readonly #pageBytes: number;
  readonly #steps: BatchSteps;
  readonly #schedule: BatchSchedule;
  #tokens = 0;
  #decodingSteps = 0;
  #decoded = 0;
  #stepping = false;
  #disposed = false;

  private constructor(
    model: Decoder,
    { context, most, pages, pageBytes }: ReturnType<typeof batchSizes>,
    { adapters = {} }: BatchGeneratorOptions,
    steps: BatchSteps,
  ) {
    this.model = model;
    this.#adapted = adapters;
    this.context = context;
    this.#pageBytes = pageBytes;
    this.#steps = steps;
    this.#schedule = new BatchSchedule(most, pages);
  }

  /**
   * On the device or on the CPU, wherever `choosePlace` predicts a step of all sequences to take less time.
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
    const { context, most, pages } = batchSizes(model, options);
    const shape = { tokens: 1, sequences: most, context, pages, pageSize: PAGE_TOKENS };
    const { place } = placeOfGraph(model.traceBatchStep(shape), { gpu, ...options });
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
    return new BatchGenerator(model, sizes, options, batchStepsOnCpu(model, sizes, options));
  }

  /**
   * On a device.
   *
   * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, `CACHE_BUDGET`, and what `DeviceModel.compile` throws
   */
  static async onDevice(
    gpu: Gpu,
    model: Decoder,
    options: BatchGeneratorOptions & Pick<DeviceModelOptions, "dtype" | "tune"> = {},
  ): Promise<BatchGenerator> {
    gpuCheck("The device", gpu);
    const sizes = batchSizes(model, options);
    const steps = await batchStepsOnDevice(gpu, model, sizes, options);
    return new BatchGenerator(model, sizes, options, steps);
  }

  /** What runs and what waits. */
  get statistics(): BatchStatistics {
    const { running, waiting, most, preempted, pool } = this.#schedule;
    return {
      ...{ running: running.length, waiting: waiting.length, most, preempted },
      ...{ tokens: this.#tokens, steps: this.#decodingSteps, decoded: this.#decoded },
      cacheBytes: (pool.count - pool.free) * this.#pageBytes,
      cacheBudget: pool.count * this.#pageBytes,
    };
  }

  /**
   * Adds a sequence, which is generated from now on, read or not. It ends at a stop token, after `maxTokens`, or when
   * the context is full; an abort of `signal` or of the stream ends it at once. The stream throws the signal's reason
   * then, `LOGITS_INVALID` where the model computed NaN or infinity, and what a run of the model throws.
   *
   * @throws PapilioError `PROMPT_EMPTY`, `CONTEXT_LENGTH`, `INDEX_RANGE` for tokens that there are not,
   * `GENERATE_OPTION`, `SAMPLING_OPTION`, `ADAPTER_UNKNOWN`; `GENERATOR_DISPOSED` after {@link dispose}
   */
  submit(prompt: readonly number[], options: SubmitOptions = {}): TokenStream {
    if (this.#disposed) throw generatorDisposed();
    requireSequence(this.model, this.#adapted, this.context, prompt, options);
    const sequence = new BatchSequence(prompt, this.context, options, (ended) => {
      this.#schedule.remove(ended);
    });
    if (sequence.finishReason === undefined) {
      this.#schedule.add(sequence);
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
    await this.#steps.prepare();
  }

  /** Frees the programs and the caches; safe to call twice. Sequences that have not ended fail. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const sequence of [...this.#schedule.running, ...this.#schedule.waiting]) {
      sequence.fail(generatorDisposed());
    }
    this.#steps[Symbol.dispose]();
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
    const schedule = this.#schedule;
    for (schedule.admit(); schedule.running.length > 0; schedule.admit()) await this.#step();
    this.#stepping = false;
  }

  /** A chunk of the prompt that joined first, and one token of each sequence whose prompt was read. */
  async #step(): Promise<void> {
    const reading = this.#schedule.running.find((sequence) => this.#readable(sequence) > 0);
    if (reading !== undefined) await this.#read(reading);
    const ready = this.#schedule.running.filter(
      (sequence) =>
        sequence !== reading &&
        this.#readable(sequence) === 0 &&
        this.#schedule.makeRoom(sequence, sequence.cached + 1),
    );
    // Sequences of one adapter are multiplied together. One that was aborted since has no pages any more.
    for (const adapter of new Set(ready.map((sequence) => sequence.adapter))) {
      const together = ready.filter(
        (sequence) => sequence.adapter === adapter && sequence.finishReason === undefined,
      );
      if (together.length > 0) await this.#decode(together, adapter);
    }
  }

  /**
   * Tokens of the prompt that are read in a chunk next. A single one is decoded, and so are those that a sequence had
   * generated before it was preempted: by the same programs as before, so that the keys and values are the same.
   */
  #readable({ promptLength, cached }: BatchSequence): number {
    const left = promptLength - cached;
    return left > 1 ? this.#steps.readable(cached, left) : 0;
  }

  async #read(sequence: BatchSequence): Promise<void> {
    const { tokens, cached, pages, adapter } = sequence;
    const ids = tokens.slice(cached, cached + this.#readable(sequence));
    await this.#attempt([sequence], async () => {
      this.#take(sequence, ids.length, await this.#steps.read(ids, cached, pages, adapter));
    });
  }

  async #decode(sequences: readonly BatchSequence[], adapter: string | undefined): Promise<void> {
    this.#decodingSteps++;
    this.#decoded += sequences.length;
    await this.#attempt(sequences, async () => {
      const next = sequences.map(({ tokens, cached, pages }) => {
        return { id: tokens[cached] as number, position: cached, pages };
      });
      const logits = await this.#steps.decode(next, adapter);
      for (const [row, sequence] of sequences.entries()) {
        this.#take(sequence, 1, logits[row] as Float32Array);
      }
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
}

/** @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, `CACHE_BUDGET` */
function batchSizes(
  model: Decoder,
  options: BatchGeneratorOptions,
): BatchSizes & { readonly pageBytes: number } {
  batchGeneratorCheck("a batched generator", options);
  const sizes = sizesOf(model, options);
  const { context } = sizes;
  const { states } = model.traceStep({ tokens: 1, context });
  const features = [...states.values()].reduce((sum, { value }) => sum + value.features, 0);
  const pageBytes = 4 * PAGE_TOKENS * features;
  return { ...sizes, ...poolOf(options, context, pageBytes), pageBytes };
}

function generatorDisposed(): PapilioError {
  return new PapilioError(
    "GENERATOR_DISPOSED",
    "The generator was disposed of, and so were its caches of keys and values.",
    "Dispose of a generator after its last text, or create another one.",
  );
}
