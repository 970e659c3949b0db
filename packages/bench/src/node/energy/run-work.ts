import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { assertPositive } from "./errors.ts";

export interface RunWorkOptions {
  /** Shortest time, in seconds. */
  readonly seconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Called before each call of `work`: throws to end the run, where the meter has failed. */
  readonly check: () => void;
}

/**
 * Calls `work` until the time is over, once at least, and resolves to the multiplications it did.
 * No call is cut short: work that nobody waits for would go on drawing power.
 *
 * @throws PapilioError `ENERGY_OPTION_INVALID` when `work` counts none; what `check` and `work` throw; the
 * signal's reason
 */
export async function runWork(
  work: () => Promise<number>,
  { seconds, clock, signal, check }: RunWorkOptions,
): Promise<number> {
  const start = clock.now();
  let runs = 0;
  do {
    signal?.throwIfAborted();
    check();
    const done = await work();
    assertPositive("The count of multiplications", done);
    runs += done;
    // Work on the CPU may never have left the microtasks; the meter's readings and signals need to.
    await nextTurn();
  } while (clock.now() - start < seconds);
  signal?.throwIfAborted();
  check();
  return runs;
}
