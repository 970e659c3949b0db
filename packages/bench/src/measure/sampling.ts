import { uniform } from "@papilio/butterfly/numeric";
import { shuffle } from "../analysis/statistics.ts";

/** Runs of a sample, at most. */
const MAX_REPEATS = 2000;
/** Warm when two runs in a row differ by less than this share; given up after so many runs. */
const STEADY = 0.1;
const MAX_WARM_UPS = 10;
/** Seconds after which warming up ends with the run under way: long runs hide what is cold. */
const MAX_WARM_SECONDS = 0.5;

/** Mean seconds of a run by the wall clock, from before the first of `repeats` until after the last. */
export async function secondsOfRuns(run: () => unknown, repeats: number): Promise<number> {
  const started = performance.now();
  for (let repeat = 0; repeat < repeats; repeat++) await run();
  return (performance.now() - started) / 1000 / repeats;
}

/** How many runs of so many seconds make a sample of at least `shortest` seconds: 2000 at most. */
export function repeatsFor(seconds: number, shortest: number): number {
  return Math.min(MAX_REPEATS, Math.max(1, Math.ceil(shortest / seconds)));
}

/**
 * Runs until the time is steady, once only where that takes longer than `slow` seconds.
 *
 * @param once seconds of one run
 * @returns seconds of the fastest run, above 0
 */
export async function warmUp(
  once: () => Promise<number>,
  slow: number = Number.POSITIVE_INFINITY,
): Promise<number> {
  let previous = await once();
  let fastest = previous;
  let spent = previous;
  for (let runs = 1; runs < MAX_WARM_UPS && fastest <= slow; runs++) {
    if (spent > MAX_WARM_SECONDS) break;
    const seconds = await once();
    spent += seconds;
    fastest = Math.min(fastest, seconds);
    if (Math.abs(seconds - previous) <= STEADY * previous) break;
    previous = seconds;
  }
  return Math.max(1e-6, fastest);
}

/** How often what is compared is sampled, and in which orders. */
export interface SamplingOptions {
  readonly rounds: number;
  /** Of the orders. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each round, counted from 1. */
  readonly onRound?: (round: number) => void;
}

/**
 * Samples what is compared in rounds: each round samples each once, in a new random order, so that a
 * machine that slows down slows them all.
 *
 * @param sample takes one sample; `round` counts from 0
 * @returns whether all rounds were made: false when the signal aborted
 */
export async function sampleRounds<T>(
  compared: readonly T[],
  sample: (item: T, round: number) => Promise<void>,
  { rounds, seed, signal, onRound }: SamplingOptions,
): Promise<boolean> {
  const next = uniform(seed);
  for (let round = 0; round < rounds; round++) {
    for (const item of shuffle([...compared], next)) {
      if (signal?.aborted) return false;
      await sample(item, round);
    }
    onRound?.(round + 1);
  }
  return true;
}
