import { PapilioError } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { anyNumber, gpuCheck, listOf } from "../arguments/checks.ts";
import type { CpuModelOptions } from "../backends/cpu/cpu-model.ts";
import type { CpuWeightStoreOptions } from "../backends/cpu/cpu-weight-store.ts";
import type { DeviceModelOptions } from "../backends/gpu/device-model.ts";
import type { Decoder } from "../models/decoder.ts";
import { type CompileGraphOptions, placeOfGraph } from "../placement/compile.ts";
import {
  type GenerateOptions,
  type GeneratorOptions,
  generateCheck,
  generatorCheck,
  requireOption,
  requirePrompt,
  sizesOf,
} from "./generator-options.ts";
import { sampler } from "./sampling.ts";
import { runStep, type Step, type Steps, stepsOnCpu, stepsOnDevice } from "./steps.ts";

/** A token that was generated. */
export interface GeneratedToken {
  readonly id: number;
  /** Seconds since the generation began, the prompt included, and since the prompt was read. */
  readonly seconds: number;
  readonly secondsAfterPrompt: number;
}

/**
 * Generates text with a decoder, on the CPU or on a device, whose cache of keys and values it holds. The
 * prompt is computed in chunks, each one program; every further token is one more program. All read the
 * same packed weights.
 *
 * @example
 * ```ts
 * using generator = await TextGenerator.create(model, { gpu });
 * for await (const { id } of generator.generate(tokenizer.encode("Once"), { maxTokens: 100 })) {
 *   process.stdout.write(tokenizer.decode([id]));
 * }
 * ```
 */
export class TextGenerator implements Disposable {
  readonly model: Decoder;
  readonly context: number;
  readonly #steps: Steps;
  #busy = false;
  #disposed = false;

  private constructor(model: Decoder, context: number, steps: Steps) {
    this.model = model;
    this.context = context;
    this.#steps = steps;
  }

  /**
   * On the device or on the CPU, wherever `choosePlace` predicts a token to take less time.
   *
   * @param given `gpu` is an open device; without one it is the CPU
   * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, and what `DeviceModel.compile` throws
   */
  static async create(
    model: Decoder,
    given: GeneratorOptions & CompileGraphOptions = {},
  ): Promise<TextGenerator> {
    generatorCheck("TextGenerator.create", given);
    const { gpu, ...options } = given;
    const { context } = sizesOf(model, options);
    const { place } = placeOfGraph(model.traceStep({ tokens: 1, context }), { gpu, ...options });
    return gpu === undefined || place === "cpu"
      ? TextGenerator.onCpu(model, options)
      : await TextGenerator.onDevice(gpu, model, options);
  }

  /**
   * On the CPU, by the kernels in WebAssembly unless others are asked for.
   *
   * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`
   */
  static onCpu(
    model: Decoder,
    options: GeneratorOptions &
      Pick<CpuModelOptions, "kernels" | "releaseParameters"> &
      CpuWeightStoreOptions = {},
  ): TextGenerator {
    const { context, chunk } = sizesOf(model, options);
    return new TextGenerator(model, context, stepsOnCpu(model, { context, chunk }, options));
  }

  /**
   * On a device.
   *
   * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, and what `DeviceModel.compile` throws
   */
  static async onDevice(
    gpu: Gpu,
    model: Decoder,
    options: GeneratorOptions & Pick<DeviceModelOptions, "dtype"> = {},
  ): Promise<TextGenerator> {
    gpuCheck("The device", gpu);
    const { context, chunk } = sizesOf(model, options);
    const steps = await stepsOnDevice(gpu, model, { context, chunk }, options);
    return new TextGenerator(model, context, steps);
  }

  /**
   * Continues a prompt, token by token. Ends at a stop token, after `maxTokens`, or when the context is
   * full; ending the loop early ends it too. One generation at a time.
   *
   * @throws PapilioError `PROMPT_EMPTY`, `CONTEXT_LENGTH`, `INDEX_RANGE` for tokens that there are not,
   * `GENERATOR_BUSY`, `GENERATE_OPTION`, `SAMPLING_OPTION`; `LOGITS_INVALID` where the model computed NaN
   * or infinity; `GENERATOR_DISPOSED` after {@link dispose}; the signal's reason when it aborts
   */
  async *generate(
    prompt: readonly number[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, void, undefined> {
    this.#assertLive();
    listOf(anyNumber)("The prompt", prompt);
    generateCheck("generate", options);
    const { maxTokens = Number.POSITIVE_INFINITY, stopTokens = [], signal } = options;
    requirePrompt(prompt, this.context);
    requireOption("maxTokens", maxTokens, maxTokens >= 0);
    const choose = sampler(options);
    if (this.#busy) {
      throw new PapilioError(
        "GENERATOR_BUSY",
        "The generator continues another text, whose keys and values it holds.",
        "Wait for its end, or use another generator.",
      );
    }
    this.#busy = true;
    try {
      signal?.throwIfAborted();
      const started = performance.now();
      let logits = await this.#read(prompt, signal);
      const read = performance.now();
      for (let count = 0; count < maxTokens; count++) {
        const id = choose(logits);
        if (stopTokens.includes(id)) return;
        const now = performance.now();
        yield { id, seconds: (now - started) / 1000, secondsAfterPrompt: (now - read) / 1000 };
        const position = prompt.length + count;
        if (position >= this.context || count + 1 >= maxTokens) return;
        signal?.throwIfAborted();
        logits = await this.#run(this.#steps.one, [id], position);
      }
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Packs the weights of a generator on the CPU, which the first run would do; those on a device are
   * packed already.
   *
   * @throws PapilioError `GENERATOR_DISPOSED`, and what compiling a matrix for the CPU throws
   */
  async prepare(): Promise<void> {
    this.#assertLive();
    await this.#steps.prepare();
  }

  /** Frees the steps and their cache; safe to call twice. A generation that is under way is rejected. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#steps[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #assertLive(): void {
    if (!this.#disposed) return;
    throw new PapilioError(
      "GENERATOR_DISPOSED",
      "The generator was disposed of, and so was its cache of keys and values.",
      "Dispose of a generator after its last text, or create another one.",
    );
  }

  /** Logits after a prompt: whole chunks, then the rest, in a program that is filled up, or alone. */
  async #read(prompt: readonly number[], signal: AbortSignal | undefined): Promise<Float32Array> {
    let logits = new Float32Array();
    for (let position = 0; position < prompt.length; ) {
      signal?.throwIfAborted();
      const rest = prompt.length - position;
      const several = this.#steps.forPrompt(rest);
      // A chunk that did not fit the context would write over what is there.
      const step = position + several.tokens <= this.context ? several : this.#steps.one;
      const count = Math.min(rest, step.tokens);
      logits = await this.#run(step, prompt.slice(position, position + count), position);
      position += count;
    }
    return logits;
  }

  async #run(
    step: Step,
    tokens: readonly number[],
    position: number,
  ): Promise<Float32Array<ArrayBuffer>> {
    this.#assertLive();
    return await runStep(step, tokens, position);
  }
}
