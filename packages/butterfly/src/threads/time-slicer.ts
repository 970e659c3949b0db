import { requireSignal } from "../errors/argument-checks.ts";

/** Milliseconds of work after which the event loop gets a turn. */
const SLICE = 40;

/**
 * Divides long work on the calling thread into slices of some milliseconds, between which the event loop
 * runs: a page is drawn, a signal of the operating system arrives.
 */
export class TimeSlicer {
  readonly #signal: AbortSignal | undefined;
  #end: number = performance.now() + SLICE;

  /** @throws PapilioError `OPTION_INVALID` */
  constructor(signal?: AbortSignal) {
    requireSignal(signal);
    this.#signal = signal;
  }

  /** Whether the slice is over. */
  get isDue(): boolean {
    return performance.now() >= this.#end;
  }

  /**
   * Lets the event loop run when the slice is over. Call it often.
   *
   * @throws the signal's reason when it aborted meanwhile
   */
  async yieldIfDue(): Promise<void> {
    if (!this.isDue) return;
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#end = performance.now() + SLICE;
  }
}

/** Where there is `setImmediate` it does not wait for the millisecond that a timer does. */
function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as {
    readonly setImmediate?: (callback: () => void) => unknown;
  };
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
}
