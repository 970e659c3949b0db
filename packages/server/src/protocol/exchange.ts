import { PapilioError } from "@papilio/butterfly";

/** What is logged of a request: never its prompt, nor its answer. */
export interface RequestRecord {
  readonly id: string;
  readonly method: string;
  readonly route: string;
  readonly model?: string;
  readonly status: number;
  readonly seconds: number;
  readonly promptTokens?: number;
  readonly generatedTokens?: number;
  /** Code of what went wrong. */
  readonly error?: string;
  /** What went wrong, where that is the server's fault. */
  readonly cause?: unknown;
}

/** A request under way: when it is over, and what it came to. */
export class Exchange {
  readonly id: string;
  readonly started: number = performance.now();
  /** Aborts when the client goes away, or when it took too long. */
  readonly signal: AbortSignal;
  /** Rejects with the signal's reason. */
  readonly aborted: Promise<never>;
  model: string | undefined;
  promptTokens: number | undefined;
  generatedTokens: number | undefined;
  /** What went wrong. */
  error: unknown;
  /** Whether the answer goes on after its head. */
  streams = false;
  readonly #abort = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #end: (exchange: Exchange) => void;
  readonly #request: AbortSignal;
  readonly #leave = (): void => this.leave();
  #ended = false;

  constructor(
    id: string,
    request: AbortSignal,
    { seconds, end }: { readonly seconds: number; readonly end: (exchange: Exchange) => void },
  ) {
    this.id = id;
    this.#end = end;
    this.#request = request;
    this.signal = this.#abort.signal;
    this.aborted = new Promise((_, reject) => {
      this.signal.addEventListener("abort", () => reject(this.signal.reason), { once: true });
    });
    this.aborted.catch(() => undefined);
    this.#timer = setTimeout(() => this.#abort.abort(timeout(seconds)), 1000 * seconds);
    if (request.aborted) this.leave();
    else request.addEventListener("abort", this.#leave, { once: true });
  }

  /** The client went away. */
  leave(): void {
    this.#abort.abort(
      new PapilioError("REQUEST_ABORTED", "The client went away.", "Ask again to have an answer."),
    );
  }

  /** The server cannot wait for it any longer. */
  stop(reason: PapilioError): void {
    this.#abort.abort(reason);
  }

  /** The answer is over. Only the first call matters. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    // Where a request was made of another one, Node keeps the other's signal until the new request is collected
    // (undici's registry of finalizers), which this listener would prevent for ever.
    this.#request.removeEventListener("abort", this.#leave);
    this.#end(this);
  }
}

function timeout(seconds: number): PapilioError {
  return new PapilioError(
    "REQUEST_TIMEOUT",
    `The request took longer than ${seconds} s.`,
    "Ask for less at once.",
  );
}
