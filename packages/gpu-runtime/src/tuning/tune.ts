import { PapilioError } from "@papilio/butterfly";
import {
  describeValue,
  requireFunction,
  requireListOf,
  requireObject,
  requireOptions,
  requireSignal,
  requireText,
} from "@papilio/butterfly/errors";
import type { DeviceContext } from "../device/device-context.ts";
import { autotune, type Candidate, type PreparedCandidate, type Trial } from "./autotune.ts";
import type { TuningCache } from "./cache.ts";
import { tuningKey } from "./key.ts";

/** How long tuning may take, and where its result is kept. */
export interface TuneOptions {
  /**
   * Nothing is begun after this many seconds, 30 by default. The default candidate is measured
   * whatever the limit; what is under way is waited for, such as a driver's compiler.
   */
  readonly timeLimitSeconds?: number;
  /** Stops between two samples; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a candidate is dropped, and at the end for those that were measured. */
  readonly onTrial?: ((trial: Trial) => void) | undefined;
  /** None by default: the candidates are then measured at every call. */
  readonly cache?: TuningCache | undefined;
  /** Called when the cache cannot be read or written; the result is the same. */
  readonly onCacheError?: ((error: unknown) => void) | undefined;
}

/** What is tuned. */
export interface TuneTask<T> {
  /** Names it in the cache, with its shape class: what the candidates' order may depend on. */
  readonly what: string;
  /** The default first. */
  readonly candidates: readonly Candidate<T>[];
  /** Called once, before the candidates are measured; what it throws, `tune` throws. */
  open(): TuningHarness<T>;
}

/** Prepares candidates for measuring: it holds what they share. */
export interface TuningHarness<T> extends Disposable {
  prepare(value: T): Promise<PreparedCandidate>;
}

/** The fastest candidate, and how it was found. */
export interface Tuned<T> {
  readonly best: T;
  readonly from: "cache" | "measurement";
  /** One for each candidate that was measured; none from the cache. */
  readonly trials: readonly Trial[];
}

/** What a cache keeps: the winner by its name alone, so that it can only be one of today's. */
interface Entry {
  readonly winner: string;
  /** Seconds after which the measurement was cut short; null when it was complete. */
  readonly cutAfter: number | null;
}

const DEFAULT_TIME_LIMIT = 30;

/**
 * The fastest of a task's candidates on a device: from the cache when it has one of them for the
 * same device, driver, version of this package and task, else by measuring them. The result of a
 * measurement that was cut short is not used by those who allow more time.
 *
 * Each candidate is prepared, verified and sampled; those that are not far slower than the best are
 * then sampled in rounds of changing order. The first candidate is the answer unless another
 * is faster beyond doubt: in three of four rounds, and by 3 % in the median of the rounds. One that
 * throws or whose answer is wrong is disqualified.
 *
 * @throws PapilioError `TUNING_TIME_LIMIT`; `TUNING_CANDIDATES` without candidates, or with two of one
 *   name; `TUNING_FAILED` with every reason when all are disqualified; `GPU_LOST`, `GPU_DISPOSED`;
 *   the signal's reason when it aborts
 */
export async function tune<T>(
  gpu: Pick<DeviceContext, "report" | "assertReady">,
  task: TuneTask<T>,
  options: TuneOptions = {},
): Promise<Tuned<T>> {
  requireObject("The Gpu", gpu, "a Gpu", "report", "assertReady");
  requireTask(task);
  requireTuneOptions(options);
  const { what, candidates, open } = task;
  const { cache, signal, timeLimitSeconds = DEFAULT_TIME_LIMIT, onTrial, onCacheError } = options;
  if (!(typeof timeLimitSeconds === "number" && timeLimitSeconds >= 0)) {
    throw new PapilioError(
      "TUNING_TIME_LIMIT",
      `The time limit of tuning is ${describeValue(timeLimitSeconds)} seconds.`,
      "Give a number of seconds from 0 on, or Infinity.",
    );
  }
  signal?.throwIfAborted();
  gpu.assertReady();
  const key = tuningKey(gpu, what);
  const kept = parseEntry(await uncritical(() => cache?.get(key), onCacheError));
  signal?.throwIfAborted();
  const enough = kept !== undefined && (kept.cutAfter ?? timeLimitSeconds) >= timeLimitSeconds;
  const known = enough ? candidates.find(({ name }) => name === kept.winner) : undefined;
  if (known !== undefined) return { best: known.value, from: "cache", trials: [] };

  using harness = open.call(task);
  const { best, trials, stopped } = await autotune(candidates, (value) => harness.prepare(value), {
    timeLimitSeconds,
    signal,
    onTrial,
  }).finally(() => {
    // A lost device disqualifies all that come after: that says nothing about them.
    if (signal?.aborted !== true) gpu.assertReady();
  });
  const cutAfter = stopped === "done" ? null : timeLimitSeconds;
  const entry: Entry = { winner: best.name, cutAfter };
  await uncritical(() => cache?.set(key, entry), onCacheError);
  return { best: best.value, from: "measurement", trials };
}

function requireTask<T>(task: TuneTask<T>): void {
  requireObject("The task", task, "an object with what, candidates and open");
  requireText("What is tuned", task.what);
  requireListOf("The candidates", task.candidates, (name, candidate) => {
    requireObject(name, candidate, "an object with name and value");
    requireText(`The name of ${name}`, (candidate as Candidate<T>).name);
  });
  requireFunction("What opens the candidates", task.open);
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireTuneOptions(options: TuneOptions): void {
  requireOptions("The options", options);
  const { cache, signal, onTrial, onCacheError } = options;
  requireSignal(signal);
  if (cache !== undefined) requireObject("The cache", cache, "a TuningCache", "get", "set");
  if (onTrial !== undefined) requireFunction("onTrial", onTrial);
  if (onCacheError !== undefined) requireFunction("onCacheError", onCacheError);
}

/** The result of an operation, or undefined when it fails. */
async function uncritical(
  operation: () => Promise<unknown> | undefined,
  onError: ((error: unknown) => void) | undefined,
): Promise<unknown> {
  try {
    return await operation();
  } catch (error) {
    onError?.(error);
    return undefined;
  }
}

function parseEntry(value: unknown): Entry | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { winner, cutAfter } = value as Partial<Record<keyof Entry, unknown>>;
  const valid = typeof winner === "string" && (cutAfter === null || typeof cutAfter === "number");
  return valid ? { winner, cutAfter } : undefined;
}
