import type { SubmitOptions } from "./batch-options.ts";
import { logprobsOf, type TokenLogprob } from "./logprobs.ts";
import { type Sampler, sampler } from "./sampling.ts";

/** Why a sequence ended: a stop token, as many tokens as there may be, an abort, or an error. */
export type FinishReason = "stop" | "length" | "abort" | "error";

/** A token of a sequence. */
export interface BatchToken {
  readonly id: number;
  /** The logarithm of its probability, where `logprobs` were asked for. */
  readonly logprob?: number;
  /** The most likely tokens, as many as `logprobs` says. */
  readonly top?: readonly TokenLogprob[];
}

/**
 * The tokens of one sequence as they are generated. Tokens that are not read yet are kept. Ending the loop early
 * aborts the sequence.
 */
export interface TokenStream extends AsyncIterable<BatchToken> {
  /** Once the sequence has ended. */
  readonly finishReason: FinishReason | undefined;
  /** Ends the sequence, and releases its keys and values at once. */
  abort(reason?: unknown): void;
}

/** A sequence of a batch: its tokens so far, and those who wait for more. */
export class BatchSequence implements TokenStream {
  /** The prompt and what was generated. */
  readonly tokens: number[];
  readonly promptLength: number;
  /** Tokens whose keys and values are in the cache. */
  cached = 0;
  /** Where these are, in their order. */
  readonly pages: number[] = [];
  readonly #context: number;
  readonly #options: SubmitOptions;
  readonly #choose: Sampler;
  readonly #onEnd: (sequence: BatchSequence) => void;
  readonly #unread: BatchToken[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #onAbort = (): void => this.abort(this.#options.signal?.reason);
  #finishReason: FinishReason | undefined;
  #error: { readonly reason: unknown } | undefined;

  /** @throws PapilioError `SAMPLING_OPTION`, `SEED_INVALID` */
  constructor(
    prompt: readonly number[],
    context: number,
    options: SubmitOptions,
    onEnd: (sequence: BatchSequence) => void,
  ) {
    this.tokens = [...prompt];
    this.promptLength = prompt.length;
    this.#context = context;
    this.#options = options;
    this.#choose = sampler(options);
    this.#onEnd = onEnd;
    const { signal } = options;
    if (signal?.aborted) this.#onAbort();
    else if (options.maxTokens === 0) this.#end("length");
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get finishReason(): FinishReason | undefined {
    return this.#finishReason;
  }

  /** The name of the adapter that it is generated with. */
  get adapter(): string | undefined {
    return this.#options.adapter;
  }

  /** Chooses the next token by the logits after the last one. */
  take(logits: Float32Array): void {
    if (this.#finishReason !== undefined) return;
    const { stopTokens = [], maxTokens = Number.POSITIVE_INFINITY, logprobs } = this.#options;
    let token: BatchToken;
    try {
      const id = this.#choose(logits);
      token = { id, ...(logprobs !== undefined && logprobsOf(logits, id, logprobs)) };
    } catch (error) {
      this.fail(error);
      return;
    }
    if (stopTokens.includes(token.id)) {
      this.#end("stop");
      return;
    }
    const full = this.tokens.length >= this.#context;
    this.tokens.push(token.id);
    this.#unread.push(token);
    this.#wake();
    if (full || this.tokens.length - this.promptLength >= maxTokens) this.#end("length");
  }

  abort(reason: unknown = new DOMException("The sequence was aborted.", "AbortError")): void {
    this.#end("abort", { reason });
  }

  fail(reason: unknown): void {
    this.#end("error", { reason });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<BatchToken, void, undefined> {
    try {
      for (;;) {
        const token = this.#unread.shift();
        if (token !== undefined) yield token;
        else if (this.#error !== undefined) throw this.#error.reason;
        else if (this.#finishReason !== undefined) return;
        else await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      this.abort();
    }
  }

  #end(reason: FinishReason, error?: { readonly reason: unknown }): void {
    if (this.#finishReason !== undefined) return;
    this.#finishReason = reason;
    this.#error = error;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#onEnd(this);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
