import type { Gpu } from "@papilio/gpu-runtime";
import {
  BatchGenerator,
  type BatchStatistics,
  type SubmitOptions,
  type TokenStream,
} from "@papilio/nn";
import type { Decoder } from "@papilio/nn/models";
import type { ModelPlace } from "./model-place.ts";

export interface TextEngineOptions {
  readonly context: number;
  /** Texts that are generated at once, at most. */
  readonly maxSequences: number;
  /** Bytes of their keys and values, at most; what they take unless given. */
  readonly cacheBudget: number | undefined;
  readonly reproducible: boolean;
  /** The model with adapters, by their names. */
  readonly adapters: Readonly<Record<string, Decoder>>;
  readonly place: ModelPlace;
}

/** A generator on one device, or on the CPU. */
interface Made {
  readonly gpu: Gpu | undefined;
  readonly ready: Promise<BatchGenerator>;
  generator?: BatchGenerator;
}

/** Generates texts together with a decoder, on the device that there is: another one after a loss. */
export class TextEngine implements Disposable {
  /** Tokens of a prompt and of its text together, at most. */
  readonly context: number;
  readonly #model: Decoder;
  readonly #options: TextEngineOptions;
  #made: Made | undefined;

  constructor(model: Decoder, options: TextEngineOptions) {
    this.context = options.context;
    this.#model = model;
    this.#options = options;
  }

  /** Of the generator, once there is one. */
  get statistics(): BatchStatistics | undefined {
    return this.#made?.generator?.statistics;
  }

  /**
   * Begins a text, which is generated from now on.
   *
   * @throws PapilioError `GPU_LOST` while there is no device, and what `BatchGenerator.submit` throws
   */
  async start(prompt: readonly number[], options: SubmitOptions): Promise<TokenStream> {
    const generator = await this.#ready();
    return generator.submit(prompt, options);
  }

  async #ready(): Promise<BatchGenerator> {
    const gpu = this.#options.place.slot?.get();
    if (this.#made === undefined || this.#made.gpu !== gpu) {
      this[Symbol.dispose]();
      const made: Made = { gpu, ready: this.#create(gpu) };
      this.#made = made;
      made.ready.then(
        (generator) => {
          if (this.#made === made) made.generator = generator;
          else generator.dispose();
        },
        () => {
          if (this.#made === made) this.#made = undefined;
        },
      );
    }
    return await this.#made.ready;
  }

  async #create(gpu: Gpu | undefined): Promise<BatchGenerator> {
    const { context, place, maxSequences, cacheBudget, adapters, reproducible } = this.#options;
    const budget = cacheBudget === undefined ? {} : { cacheBudget };
    const options = { context, maxSequences, adapters, reproducible, ...budget };
    const generator =
      place.slot === undefined
        ? BatchGenerator.onCpu(this.#model, { ...options, dtype: place.dtype })
        : await BatchGenerator.onDevice(gpu as Gpu, this.#model, {
            ...options,
            dtype: place.dtype,
            tune: place.tune,
          });
    await generator.prepare();
    return generator;
  }

  [Symbol.dispose](): void {
    this.#made?.generator?.dispose();
    this.#made = undefined;
  }
}
