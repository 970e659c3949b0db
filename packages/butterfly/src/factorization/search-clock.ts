/** The reason that work is stopped for when the time of a search is over. */
export const OUT_OF_TIME: Error = new Error("The time of the search is over.");

/** Guesses before anything was measured, in seconds for a multiplication. */
const FIRST_RATE = 2e-9;

/**
 * The time of a search: when it ends, how long its work takes by what was measured of it, and which share
 * of it is over.
 */
export class SearchClock implements Disposable {
  readonly #start = performance.now();
  readonly #limit: number;
  readonly #abort = new AbortController();
  readonly #given: AbortSignal | undefined;
  readonly #onProgress: ((share: number) => void) | undefined;
  readonly #onAbort = (): void => this.#abort.abort(this.#given?.reason);
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #share = 0;

  /** @param limit in seconds; infinite for none */
  constructor(
    limit: number,
    signal: AbortSignal | undefined,
    onProgress: ((share: number) => void) | undefined,
  ) {
    this.#limit = limit;
    this.#given = signal;
    this.#onProgress = onProgress;
    signal?.addEventListener("abort", this.#onAbort);
    // The longest that a timer takes is 2^31 - 1 milliseconds.
    if (1000 * limit < 2 ** 31) {
      this.#timer = setTimeout(() => this.#abort.abort(OUT_OF_TIME), 1000 * limit);
    }
  }

  /** Aborts when the time is over, or with the signal of the caller. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Seconds since the beginning. */
  get elapsed(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** Seconds that are left of a share of the time. */
  left(share = 1): number {
    return share * this.#limit - this.elapsed;
  }

  /**
   * Reports how much of the time is over.
   *
   * @param expected seconds that the rest is expected to take, where nothing ends it before
   */
  report(expected: number): void {
    const rest = Math.max(0, Math.min(expected, this.left()));
    const { elapsed } = this;
    const share = Math.floor((100 * elapsed) / (elapsed + rest)) / 100;
    if (!(share > this.#share) || share >= 1) return;
    this.#share = share;
    this.#onProgress?.(share);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener("abort", this.#onAbort);
  }
}

/** Seconds that some work takes, learned from what was done of it. */
export class WorkRate {
  #seconds = 0;
  #work = 0;

  add(work: number, seconds: number): void {
    this.#work += work;
    this.#seconds += seconds;
  }

  /** The seconds that some work is expected to take. */
  secondsOf(work: number): number {
    return work * (this.#work === 0 ? FIRST_RATE : this.#seconds / this.#work);
  }
}
