import { PapilioError } from "@papilio/butterfly";
import { STOPPED } from "./stopped.ts";

/** Milliseconds that a command has to end by itself, where it asked for that. */
const PATIENCE = 1200;

/**
 * What Ctrl+C and SIGTERM do to a command: one for a process, for every command. A command is over at
 * once, unless it has something to keep; then it is over when it ends by itself, in a second or so.
 */
export class Interruption {
  readonly #abort = new AbortController();
  readonly #over = Promise.withResolvers<never>();
  readonly #signalled = Promise.withResolvers<void>();
  #held = 0;

  constructor() {
    // Nobody may be waiting for it.
    this.#over.promise.catch(() => undefined);
  }

  /** Aborts when the command is interrupted. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves when the signal aborts. */
  get signalled(): Promise<void> {
    return this.#signalled.promise;
  }

  /** Rejects with the signal's reason when the command must not be waited for any longer. */
  get over(): Promise<never> {
    return this.#over.promise;
  }

  /** Interrupts the command. Only the first call matters. */
  interrupt(): void {
    if (this.signal.aborted) return;
    const reason = new PapilioError(STOPPED.code, STOPPED.message, STOPPED.fix);
    this.#abort.abort(reason);
    this.#signalled.resolve();
    if (this.#held === 0) this.#over.reject(reason);
    else setTimeout(() => this.#over.reject(reason), PATIENCE).unref();
  }

  /**
   * Until it is disposed of, the command ends by itself when the signal aborts: it has results to keep,
   * or files that must not be left half-written.
   */
  hold(): Disposable {
    this.#held++;
    return {
      [Symbol.dispose]: () => {
        this.#held--;
        if (this.#held === 0 && this.signal.aborted) this.#over.reject(this.signal.reason);
      },
    };
  }
}

const closed = new AbortController();
let watched = false;

/** Aborts when nobody reads stdout any more, as behind `head`: no error of ours. */
export function stdoutClosed(): AbortSignal {
  if (!watched) process.stdout.on("error", () => closed.abort());
  watched = true;
  return closed.signal;
}
