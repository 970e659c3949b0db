import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../node/energy/clock.ts";

interface Sleeper {
  /** How long it sleeps, in seconds, and until when. */
  readonly seconds: number;
  readonly until: number;
  readonly resolve: () => void;
}

/** Seconds from which on a sleep is a time limit, which is not to pass while a process starts. */
const LIMIT = 10;

/** A clock that moves only when it is set, so that tests know every figure whatever the machine does. */
export class FakeClock implements Clock {
  /** Called before the time moves by so many seconds. */
  onMove: (seconds: number) => void = () => undefined;
  #time: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = 0) {
    this.#time = start;
  }

  now(): number {
    return this.#time;
  }

  /** How many sleep. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { seconds, until: this.#time + seconds, resolve };
    this.#sleepers.add(sleeper);
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#sleepers.delete(sleeper);
    }
  }

  /** Moves the time, waking those whose time comes, each before it moves on. */
  async advance(seconds: number): Promise<void> {
    const target = this.#time + seconds;
    for (let next = this.#first(); next && next.until <= target; next = this.#first()) {
      await this.#wake(next);
    }
    this.#move(target);
  }

  /**
   * Lets time pass until a promise is settled, as it does while nothing else runs. Limits of 10 s and
   * more do not run out: `advance` passes those.
   */
  async pass<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    while (!settled) {
      const next = this.#first(LIMIT);
      if (next !== undefined) await this.#wake(next);
      // Real time, for what waits for a process.
      else await wait(1);
    }
    return promise;
  }

  async #wake(sleeper: Sleeper): Promise<void> {
    this.#move(sleeper.until);
    this.#sleepers.delete(sleeper);
    sleeper.resolve();
    await nextTurn();
  }

  #first(limit = Number.POSITIVE_INFINITY): Sleeper | undefined {
    const sleepers = [...this.#sleepers].filter(({ seconds }) => seconds < limit);
    return sleepers.sort((p, q) => p.until - q.until)[0];
  }

  #move(time: number): void {
    if (time > this.#time) this.onMove(time - this.#time);
    this.#time = Math.max(time, this.#time);
  }
}
