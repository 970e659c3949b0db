/** Items that are computed together, and how their results come back. */
interface Waiting<Item, Result> {
  readonly item: Item;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly since: number;
  resolve(result: Result): void;
  reject(reason: unknown): void;
}

/** How items are gathered. */
export interface BatcherOptions<Item> {
  /** Items that are computed at once, at most. */
  readonly most: number;
  /** Milliseconds that an item waits for others at most, when nothing is computed. */
  readonly waitMs: number;
  /** Items of one key can be computed together. */
  keyOf(item: Item): string;
  readonly onBatch?: (size: number) => void;
}

/**
 * Gathers items up to a batch or a wait, whichever comes first. One batch is computed at a time; while one
 * is, items gather by themselves. The oldest item decides which key is next.
 */
export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item>;
  readonly #compute: (items: readonly Item[]) => Promise<readonly Result[]>;
  #waiting: Waiting<Item, Result>[] = [];
  #running = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    options: BatcherOptions<Item>,
    compute: (items: readonly Item[]) => Promise<readonly Result[]>,
  ) {
    this.#options = options;
    this.#compute = compute;
  }

  /** Items that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Result of an item; rejects with the signal's reason as soon as it aborts. */
  submit(item: Item, signal: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const waiting: Waiting<Item, Result> = {
        item,
        key: this.#options.keyOf(item),
        signal,
        since: performance.now(),
        resolve: (result) => {
          signal.removeEventListener("abort", abort);
          resolve(result);
        },
        reject: (reason) => {
          signal.removeEventListener("abort", abort);
          reject(reason);
        },
      };
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        waiting.reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push(waiting);
      this.#plan();
    });
  }

  /** Computes now what is full or has waited, or sets a time for it. */
  #plan(): void {
    const [oldest] = this.#waiting;
    if (this.#running || oldest === undefined) return;
    clearTimeout(this.#timer);
    const { most, waitMs } = this.#options;
    const alike = this.#waiting.filter(({ key }) => key === oldest.key).slice(0, most);
    const left = oldest.since + waitMs - performance.now();
    if (alike.length < most && left > 0) {
      this.#timer = setTimeout(() => this.#plan(), left);
      return;
    }
    this.#running = true;
    this.#waiting = this.#waiting.filter((one) => !alike.includes(one));
    void this.#run(alike).finally(() => {
      this.#running = false;
      this.#plan();
    });
  }

  async #run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    this.#options.onBatch?.(batch.length);
    try {
      const results = await this.#compute(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
