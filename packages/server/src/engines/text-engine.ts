import type { StorageDtype } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { type SamplingOptions, TextGenerator } from "@papilio/nn";
import type { Decoder } from "@papilio/nn/models";
import { unsupported } from "../protocol/request-error.ts";
import type { DeviceSlot } from "./device-slot.ts";

/** How one text is continued. */
export interface TextRequest extends SamplingOptions {
  readonly maxTokens: number;
  readonly stopTokens: readonly number[];
  /** How many of the most likely tokens come with each, with their probabilities; none unless given. */
  readonly logprobs?: number | undefined;
  readonly signal: AbortSignal;
}

/** A token and the natural logarithm of its probability. */
interface TokenProbability {
  readonly id: number;
  readonly logprob: number;
}

/** One more token of a text. */
export interface EngineToken {
  readonly id: number;
  /** Where they were asked for. */
  readonly logprob?: number;
  readonly top?: readonly TokenProbability[];
}

/** Continues texts with a decoder. Texts that are not under way wait; an abort ends one at once. */
export interface TextEngine extends Disposable {
  /** Tokens of a prompt and of its text together, at most. */
  readonly context: number;
  /** Whether probabilities can be asked for. */
  readonly hasLogprobs: boolean;
  generate(prompt: readonly number[], request: TextRequest): AsyncIterable<EngineToken>;
}

/** What an engine is made of. */
export interface TextEngineOptions {
  readonly context: number;
  readonly dtype: StorageDtype;
  readonly slot: DeviceSlot | undefined;
  readonly onBatch: (texts: number) => void;
}

/** One text at a time: the others wait for their turn, in the order in which they came. */
export class SequentialEngine implements TextEngine {
  readonly context: number;
  readonly hasLogprobs = false;
  readonly #model: Decoder;
  readonly #options: TextEngineOptions;
  #generator: TextGenerator | undefined;
  #gpu: Gpu | undefined;
  /** Settles when the last text that was asked for is over. */
  #last: Promise<void> = Promise.resolve();

  constructor(model: Decoder, options: TextEngineOptions) {
    this.context = options.context;
    this.#model = model;
    this.#options = options;
  }

  async *generate(
    prompt: readonly number[],
    { logprobs, ...request }: TextRequest,
  ): AsyncGenerator<EngineToken, void, undefined> {
    if (logprobs !== undefined) throw unsupported("Probabilities are not computed.", "logprobs");
    const turn = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => turn.promise);
    try {
      await Promise.race([before, aborted(request.signal)]);
      const generator = await this.#ready();
      this.#options.onBatch(1);
      for await (const { id } of generator.generate(prompt, request)) yield { id };
    } finally {
      turn.resolve();
    }
  }

  async #ready(): Promise<TextGenerator> {
    const { slot, context, dtype } = this.#options;
    const gpu = slot?.get();
    if (this.#generator !== undefined && gpu === this.#gpu) return this.#generator;
    this.#generator?.dispose();
    this.#generator = undefined;
    const made =
      gpu === undefined
        ? TextGenerator.onCpu(this.#model, { context, dtype })
        : await TextGenerator.onDevice(gpu, this.#model, { context, dtype });
    this.#gpu = gpu;
    this.#generator = made;
    await made.prepare();
    return made;
  }

  [Symbol.dispose](): void {
    this.#generator?.dispose();
    this.#generator = undefined;
  }
}

/** Rejects with the signal's reason when it aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
