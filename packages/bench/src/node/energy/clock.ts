import { setTimeout as wait } from "node:timers/promises";

/** What a meter knows of time; tests move it by hand. */
export interface Clock {
  /** Seconds since a fixed moment. */
  now(): number;
  /** Resolves after so many seconds; rejects with the signal's reason when that aborts. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

async function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(1000 * seconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    // The timer rejects with an error of its own, which only wraps the reason.
    signal?.throwIfAborted();
    throw error;
  }
}

/** For meters that read a counter themselves: nobody can set this clock. */
export const monotonicClock: Clock = { now: () => performance.now() / 1000, sleep };

/** For meters that stamp their readings with the time of day: seconds since 1970. */
export const wallClock: Clock = { now: () => Date.now() / 1000, sleep };
