import { PapilioError } from "@papilio/butterfly";
import { quantile } from "../program/quantile.ts";

/** One of several ways of doing the same. */
export interface Candidate<T> {
  /** Unlike the others', and all that a cache keeps: it must say everything about the value. */
  readonly name: string;
  readonly value: T;
}

/** A candidate made ready to run. */
export interface Contender extends Disposable {
  /** Runs it once. @returns what is wrong with its answer, or undefined */
  verify(): Promise<string | undefined>;
  /** Runs it as often as a clock needs. @returns seconds of one run */
  sample(): Promise<number>;
}

/** What became of a candidate. */
export interface Trial {
  readonly name: string;
  /**
   * `measured` to the end; `slower` by so much that it was dropped after a look or two;
   * `disqualified` because it failed or its answer is wrong; `untried` for lack of time.
   */
  readonly outcome: "measured" | "slower" | "disqualified" | "untried";
  /** Of one run, in the order in which they were taken. */
  readonly samples: readonly number[];
  /** Median of the samples; null without any. */
  readonly seconds: number | null;
  /** Why it was disqualified. */
  readonly reason: string | null;
}

export interface RaceResult<T> {
  readonly best: Candidate<T>;
  /** One for each candidate, in their order. */
  readonly trials: readonly Trial[];
  readonly stopped: "done" | "time-limit";
}

export interface RaceOptions {
  /**
   * Nothing is begun after this many seconds. The first candidate is measured whatever the limit;
   * what is under way is waited for, such as a driver's compiler.
   */
  readonly timeLimitSeconds: number;
  /** Stops between two samples; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** In each, every candidate that is not dropped is sampled once; 15 by default. */
  readonly rounds?: number;
  /** Called when a candidate is out, and at the end for those that were measured. */
  readonly onTrial?: ((trial: Trial) => void) | undefined;
  /** Seconds of a clock that never goes back; a test's own. */
  readonly now?: () => number;
}

/** Times the best's: a candidate whose samples take longer than that is dropped. */
const FAR = 1.5;
/** Times the best's, below which one sample may be bad luck on a busy machine: it gets another. */
const DOUBTFUL = 4;
/** Part of the time limit after which no more candidates are prepared: the rest is for the rounds. */
const QUALIFYING = 0.6;
/** Part of the first's time that a candidate must save to take its place. */
const WORTHWHILE = 0.03;
/** Fewer rounds than this do not tell noise from a difference. */
const LEAST_ROUNDS = 5;

/**
 * Finds the fastest of several candidates: each is prepared, verified and sampled; those that are
 * not far slower than the best are then sampled in rounds of changing order, so that a device
 * that slows down does so for all.
 *
 * The first candidate is the answer unless another is faster beyond doubt: in three of four rounds, and
 * by 3 % in the median of the rounds. One that throws or whose answer is wrong is disqualified.
 *
 * @throws PapilioError `TUNING_CANDIDATES` without candidates, or with two of one name;
 *   `TUNING_FAILED` with every reason when all are disqualified; the signal's reason when it aborts
 */
export async function race<T>(
  candidates: readonly Candidate<T>[],
  prepare: (value: T) => Promise<Contender>,
  options: RaceOptions,
): Promise<RaceResult<T>> {
  assertCandidates(candidates);
  const { rounds = 15 } = options;
  using running = new Race(candidates, prepare, options);
  let inTime = await running.qualify();
  for (let round = 0; round < rounds; round++) inTime = (await running.sample(round)) && inTime;
  const best = winner(running.runners);
  for (const runner of running.runners) {
    if (runner.outcome === "measured") options.onTrial?.(trialOf(runner));
  }
  return {
    best: best.candidate,
    trials: running.runners.map(trialOf),
    stopped: inTime ? "done" : "time-limit",
  };
}

interface Runner<T> {
  readonly candidate: Candidate<T>;
  /** Samples that decided whether it stays. */
  readonly looks: number[];
  /** One for each round, in which the others were sampled next to it. */
  readonly rounds: number[];
  contender: Contender | undefined;
  outcome: Trial["outcome"];
  reason: string | null;
}

/** A race under way: it owns the contenders that are still in it. */
class Race<T> implements Disposable {
  readonly runners: readonly Runner<T>[];
  readonly #prepare: (value: T) => Promise<Contender>;
  readonly #options: RaceOptions;
  readonly #now: () => number;
  readonly #start: number;

  constructor(
    candidates: readonly Candidate<T>[],
    prepare: (value: T) => Promise<Contender>,
    options: RaceOptions,
  ) {
    this.runners = candidates.map((candidate) => ({
      candidate,
      looks: [],
      rounds: [],
      contender: undefined,
      outcome: "untried",
      reason: null,
    }));
    this.#prepare = prepare;
    this.#options = options;
    this.#now = options.now ?? ((): number => performance.now() / 1000);
    this.#start = this.#now();
  }

  /**
   * Prepares, verifies and samples each candidate, and drops those that are far slower than the best.
   *
   * @returns whether there was time for all
   */
  async qualify(): Promise<boolean> {
    let best = Number.POSITIVE_INFINITY;
    for (const runner of this.runners) {
      if (this.#isOver(QUALIFYING) && best < Number.POSITIVE_INFINITY) return false;
      await this.#attempt(runner, () => this.#try(runner, best));
      if (runner.outcome === "measured") best = Math.min(best, shortest(runner));
      // At once, so that few hold device memory. The others are held against the first to the end.
      for (const other of this.runners.slice(1)) {
        const far = shortest(other) > FAR * best;
        if (other.outcome === "measured" && far) this.#dismiss(other, "slower");
      }
    }
    return true;
  }

  /** Samples what is left once. @returns whether there was time for all */
  async sample(round: number): Promise<boolean> {
    const left = this.runners.filter(({ outcome }) => outcome === "measured");
    if (left.length < 2) return true;
    const turned = left.map((_, index) => left[(index + round) % left.length] as Runner<T>);
    for (const runner of round % 2 === 0 ? turned : turned.reverse()) {
      if (this.#isOver(1)) return false;
      await this.#attempt(runner, () => sampleInto(runner.rounds, runner));
    }
    return true;
  }

  [Symbol.dispose](): void {
    for (const runner of this.runners) leave(runner);
  }

  /** Whether a part of the time limit is over. */
  #isOver(part: number): boolean {
    return this.#now() - this.#start >= part * this.#options.timeLimitSeconds;
  }

  async #try(runner: Runner<T>, best: number): Promise<void> {
    const { signal } = this.#options;
    runner.contender = await this.#prepare(runner.candidate.value);
    signal?.throwIfAborted();
    const wrong = await runner.contender.verify();
    if (wrong !== undefined) return this.#dismiss(runner, "disqualified", wrong);
    signal?.throwIfAborted();
    await sampleInto(runner.looks, runner);
    signal?.throwIfAborted();
    const ratio = shortest(runner) / best;
    if (ratio > FAR && ratio < DOUBTFUL) await sampleInto(runner.looks, runner);
    runner.outcome = "measured";
  }

  /** Does part of a trial: what it throws disqualifies the candidate, but for an abort. */
  async #attempt(runner: Runner<T>, part: () => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    try {
      await part();
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      this.#dismiss(runner, "disqualified", reason);
    }
    signal?.throwIfAborted();
  }

  #dismiss(runner: Runner<T>, outcome: Trial["outcome"], reason: string | null = null): void {
    runner.outcome = outcome;
    runner.reason = reason;
    leave(runner);
    this.#options.onTrial?.(trialOf(runner));
  }
}

async function sampleInto(samples: number[], { contender }: Runner<unknown>): Promise<void> {
  if (contender !== undefined) samples.push(await contender.sample());
}

function leave(runner: Runner<unknown>): void {
  runner.contender?.[Symbol.dispose]();
  runner.contender = undefined;
}

function shortest({ looks }: Runner<unknown>): number {
  return Math.min(...looks);
}

function median({ looks, rounds }: Runner<unknown>): number {
  return quantile([...looks, ...rounds], 0.5);
}

function assertCandidates(candidates: readonly Candidate<unknown>[]): void {
  const names = new Set(candidates.map(({ name }) => name));
  if (candidates.length > 0 && names.size === candidates.length) return;
  throw new PapilioError(
    "TUNING_CANDIDATES",
    `There are ${candidates.length} candidates with ${names.size} different names.`,
    "Pass one candidate or more, each with a name of its own; the first is the default.",
  );
}

function trialOf(runner: Runner<unknown>): Trial {
  const { candidate, looks, rounds, outcome, reason } = runner;
  const samples = [...looks, ...rounds];
  const seconds = samples.length === 0 ? null : median(runner);
  return { name: candidate.name, outcome, samples, seconds, reason };
}

/** The fastest of those that beat the first; the fastest of all where the first is disqualified. */
function winner<T>(runners: readonly Runner<T>[]): Runner<T> {
  const measured = runners.filter(({ outcome }) => outcome === "measured");
  const [first] = measured;
  if (first === undefined) {
    const reasons = runners.map(({ candidate, reason }) => `${candidate.name}: ${reason}`);
    throw new PapilioError(
      "TUNING_FAILED",
      `None of ${runners.length} candidates computes rightly: ${reasons.join("; ")}.`,
      "Check the adapter with `papilio doctor`; on a sound one, please report this.",
    );
  }
  const sure = first === runners[0] ? measured.filter((other) => beats(other, first)) : measured;
  return sure.reduce((best, other) => (median(other) < median(best) ? other : best), first);
}

/** Whether a candidate is faster than the default: round by round, as the device is in both. */
function beats(other: Runner<unknown>, standing: Runner<unknown>): boolean {
  const count = Math.min(other.rounds.length, standing.rounds.length);
  const ratios = Array.from(
    { length: count },
    (_, round) => (other.rounds[round] as number) / (standing.rounds[round] as number),
  );
  const sure = count >= LEAST_ROUNDS && quantile(ratios, 0.75) < 1;
  return sure && quantile(ratios, 0.5) <= 1 - WORTHWHILE;
}
