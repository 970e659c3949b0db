import { DisposableStack, PapilioError } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { anyNumber, gpuCheck, listOf } from "../arguments/checks.ts";
import type { CpuModelOptions } from "../backends/cpu/cpu-model.ts";
import { CpuStates } from "../backends/cpu/cpu-states.ts";
import { CpuWeightStore, type CpuWeightStoreOptions } from "../backends/cpu/cpu-weight-store.ts";
import type { DeviceModelOptions } from "../backends/gpu/device-model.ts";
import { ModelMemory } from "../backends/gpu/model-memory.ts";
import type { Decoder } from "../models/decoder.ts";
import { type CompileGraphOptions, placeOfGraph } from "../placement/compile.ts";
import { type AdaptedModels, modelWith } from "./adapted-models.ts";
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
  readonly #adapted: AdaptedModels;
  /** Of the model, and of it with each adapter that was used. */
  readonly #steps: Map<Decoder, Steps>;
  readonly #open: (model: Decoder) => Steps | Promise<Steps>;
  readonly #held: DisposableStack;
  #busy = false;
  #disposed = false;

  private constructor(
    model: Decoder,
    { context, adapters = {} }: GeneratorOptions & { readonly context: number },
    steps: Steps,
    open: (model: Decoder) => Steps | Promise<Steps>,
    held: DisposableStack,
  ) {
    this.model = model;
    this.context = context;
    this.#adapted = adapters;
    this.#steps = new Map([[model, steps]]);
    this.#open = open;
    this.#held = held;
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
    const sizes = sizesOf(model, options);
    const { kernels, releaseParameters, dtype = "f32" } = options;
    const shared = {
      ...{ states: new CpuStates(), weights: new CpuWeightStore({ dtype }) },
      ...(kernels !== undefined && { kernels }),
      ...(releaseParameters !== undefined && { releaseParameters }),
    };
    const open = (decoder: Decoder): Steps => stepsOnCpu(decoder, sizes, shared);
    return new TextGenerator(
      model,
      { ...options, ...sizes },
      open(model),
      open,
      new DisposableStack(),
    );
  }

  /**
   * On a device.
   *
   * @throws PapilioError `CONTEXT_LENGTH`, `GENERATE_OPTION`, and what `DeviceModel.compile` throws
   */
  static async onDevice(
    gpu: Gpu,
    model: Decoder,
    options: GeneratorOptions & Pick<DeviceModelOptions, "dtype" | "tune"> = {},
  ): Promise<TextGenerator> {
    gpuCheck("The device", gpu);
    const sizes = sizesOf(model, options);
    using stack = new DisposableStack();
    const memory = stack.use(new ModelMemory(gpu, options.dtype));
    const { tune } = options;
    const open = (decoder: Decoder): Promise<Steps> =>
      stepsOnDevice(gpu, decoder, sizes, { memory, tune });
    const steps = await open(model);
    return new TextGenerator(model, { ...options, ...sizes }, steps, open, stack.move());
  }

  /**
   * Continues a prompt, token by token. Ends at a stop token, after `maxTokens`, or when the context is
   * full; ending the loop early ends it too. One generation at a time.
   *
   * @throws PapilioError `PROMPT_EMPTY`, `CONTEXT_LENGTH`, `INDEX_RANGE` for tokens that there are not,
   * `ADAPTER_UNKNOWN`, `GENERATOR_BUSY`, `GENERATE_OPTION`, `SAMPLING_OPTION`; `LOGITS_INVALID` where the model computed NaN
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
    const model = modelWith(this.model, this.#adapted, options.adapter);
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
      const steps = await this.#stepsOf(model);
      let logits = await this.#read(steps, prompt, signal);
      const read = performance.now();
      for (let count = 0; count < maxTokens; count++) {
        const id = choose(logits);
        if (stopTokens.includes(id)) return;
        const now = performance.now();
        yield { id, seconds: (now - started) / 1000, secondsAfterPrompt: (now - read) / 1000 };
        const position = prompt.length + count;
        if (position >= this.context || count + 1 >= maxTokens) return;
        signal?.throwIfAborted();
        logits = await this.#run(steps.one, [id], position);
      }
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Packs the weights of a generator on the CPU, which the first run would do; those on a device are
   * packed already. What is an adapter's own is packed by its first run.
   *
   * @throws PapilioError `GENERATOR_DISPOSED`, and what compiling a matrix for the CPU throws
   */
  async prepare(): Promise<void> {
    this.#assertLive();
    await this.#steps.get(this.model)?.prepare();
  }

  /** Frees the steps and their cache; safe to call twice. A generation that is under way is rejected. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const steps of this.#steps.values()) this.#held.use(steps);
    this.#held.dispose();
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

  /** Opened at their first use, and kept. */
  async #stepsOf(model: Decoder): Promise<Steps> {
    const known = this.#steps.get(model);
    if (known !== undefined) return known;
    const steps = await this.#open(model);
    if (this.#disposed) steps[Symbol.dispose]();
    this.#assertLive();
    this.#steps.set(model, steps);
    return steps;
  }

  /** Logits after a prompt: whole chunks, then the rest, in a program that is filled up, or alone. */
  async #read(
    steps: Steps,
    prompt: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array> {
    let logits = new Float32Array();
    for (let position = 0; position < prompt.length; ) {
      signal?.throwIfAborted();
      const rest = prompt.length - position;
      const several = steps.forPrompt(rest);
      // A chunk that did not fit the context would write over what is there.
      const step = position + several.tokens <= this.context ? several : steps.one;
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
