import { requireSignal } from "../errors/argument-checks.ts";

/** Milliseconds of work without giving others a turn. */
const SLICE = 40;

/**
 * Gives others a turn every few milliseconds of work on the thread that it is called on: a page to be
 * drawn, a signal of the system to arrive.
 */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #end: number = performance.now() + SLICE;

  /** @throws PapilioError `OPTION_INVALID` */
  constructor(signal?: AbortSignal) {
    requireSignal(signal);
    this.#signal = signal;
  }

  /** To be called often. Throws the signal's reason when it aborted meanwhile. */
  async take(): Promise<void> {
    if (performance.now() < this.#end) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#signal?.throwIfAborted();
    this.#end = performance.now() + SLICE;
  }
}
