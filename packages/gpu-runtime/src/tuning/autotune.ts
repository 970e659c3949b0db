import { PapilioError } from "@papilio/butterfly";
import { ascending, median, quantile } from "@papilio/butterfly/numeric";

/** One of several ways of doing the same. */
export interface Candidate<T> {
  /** Unlike the others', and all that a cache keeps: it must say everything about the value. */
  readonly name: string;
  readonly value: T;
}

/** A candidate made ready to run. */
export interface PreparedCandidate extends Disposable {
  /** Runs it once. @returns what is wrong with its answer, or undefined */
  verify(): Promise<string | undefined>;
  /** Runs it as often as a clock needs. @returns seconds of one run */
  sample(): Promise<number>;
}

/** What became of a candidate. */
export interface Trial {
  readonly name: string;
  /**
   * `measured` to the end; `slower` by so much that it was dropped after a sample or two;
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

export interface AutotuneResult<T> {
  readonly best: Candidate<T>;
  /** One for each candidate, in their order. */
  readonly trials: readonly Trial[];
  readonly stopped: "done" | "time-limit";
}

export interface AutotuneOptions {
  /**
   * Nothing is begun after this many seconds. The first candidate is measured whatever the limit;
   * what is under way is waited for, such as a driver's compiler.
   */
  readonly timeLimitSeconds: number;
  /** Stops between two samples; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** In each, every candidate that is not dropped is sampled once; 15 by default. */
  readonly rounds?: number;
  /** Called when a candidate is dropped, and at the end for those that were measured. */
  readonly onTrial?: ((trial: Trial) => void) | undefined;
  /** Seconds of a clock that never goes back; a test's own. */
  readonly now?: () => number;
}

/** Times the best's: a candidate whose samples take longer than that is dropped. */
const DROPPED_FROM = 1.5;
/** Times the best's, below which one sample may be bad luck on a busy machine: it gets another. */
const SAMPLED_TWICE_BELOW = 4;
/** Part of the time limit after which no more candidates are prepared: the rest is for the rounds. */
const SCREENING = 0.6;
/** Part of the first's time that a candidate must save to take its place. */
const LEAST_GAIN = 0.03;
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
export async function autotune<T>(
  candidates: readonly Candidate<T>[],
  prepare: (value: T) => Promise<PreparedCandidate>,
  options: AutotuneOptions,
): Promise<AutotuneResult<T>> {
  assertCandidates(candidates);
  const { rounds = 15 } = options;
  using running = new Autotuning(candidates, prepare, options);
  let inTime = await running.screen();
  for (let round = 0; round < rounds; round++) inTime = (await running.sample(round)) && inTime;
  const best = winner(running.states);
  for (const state of running.states) {
    if (state.outcome === "measured") options.onTrial?.(trialOf(state));
  }
  return {
    best: best.candidate,
    trials: running.states.map(trialOf),
    stopped: inTime ? "done" : "time-limit",
  };
}

interface CandidateState<T> {
  readonly candidate: Candidate<T>;
  /** Samples that decided whether it stays. */
  readonly screening: number[];
  /** One for each round, in which the others were sampled next to it. */
  readonly rounds: number[];
  prepared: PreparedCandidate | undefined;
  outcome: Trial["outcome"];
  reason: string | null;
}

/** An autotuning under way: it owns the prepared candidates that are not dropped. */
class Autotuning<T> implements Disposable {
  readonly states: readonly CandidateState<T>[];
  readonly #prepare: (value: T) => Promise<PreparedCandidate>;
  readonly #options: AutotuneOptions;
  readonly #now: () => number;
  readonly #start: number;

  constructor(
    candidates: readonly Candidate<T>[],
    prepare: (value: T) => Promise<PreparedCandidate>,
    options: AutotuneOptions,
  ) {
    this.states = candidates.map((candidate) => ({
      candidate,
      screening: [],
      rounds: [],
      prepared: undefined,
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
  async screen(): Promise<boolean> {
    let best = Number.POSITIVE_INFINITY;
    for (const state of this.states) {
      if (this.#isOver(SCREENING) && best < Number.POSITIVE_INFINITY) return false;
      await this.#attempt(state, () => this.#try(state, best));
      if (state.outcome === "measured") best = Math.min(best, shortest(state));
      // At once, so that few hold device memory. The others are held against the first to the end.
      for (const other of this.states.slice(1)) {
        const far = shortest(other) > DROPPED_FROM * best;
        if (other.outcome === "measured" && far) this.#drop(other, "slower");
      }
    }
    return true;
  }

  /** Samples what is left once. @returns whether there was time for all */
  async sample(round: number): Promise<boolean> {
    const left = this.states.filter(({ outcome }) => outcome === "measured");
    if (left.length < 2) return true;
    const turned = left.map((_, index) => left[(index + round) % left.length] as CandidateState<T>);
    for (const state of round % 2 === 0 ? turned : turned.reverse()) {
      if (this.#isOver(1)) return false;
      await this.#attempt(state, () => sampleInto(state.rounds, state));
    }
    return true;
  }

  [Symbol.dispose](): void {
    for (const state of this.states) release(state);
  }

  /** Whether a part of the time limit is over. */
  #isOver(part: number): boolean {
    return this.#now() - this.#start >= part * this.#options.timeLimitSeconds;
  }

  async #try(state: CandidateState<T>, best: number): Promise<void> {
    const { signal } = this.#options;
    state.prepared = await this.#prepare(state.candidate.value);
    signal?.throwIfAborted();
    const wrong = await state.prepared.verify();
    if (wrong !== undefined) return this.#drop(state, "disqualified", wrong);
    signal?.throwIfAborted();
    await sampleInto(state.screening, state);
    signal?.throwIfAborted();
    const ratio = shortest(state) / best;
    if (ratio > DROPPED_FROM && ratio < SAMPLED_TWICE_BELOW)
      await sampleInto(state.screening, state);
    state.outcome = "measured";
  }

  /** Does part of a trial: what it throws disqualifies the candidate, but for an abort. */
  async #attempt(state: CandidateState<T>, part: () => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    try {
      await part();
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      this.#drop(state, "disqualified", reason);
    }
    signal?.throwIfAborted();
  }

  #drop(state: CandidateState<T>, outcome: Trial["outcome"], reason: string | null = null): void {
    state.outcome = outcome;
    state.reason = reason;
    release(state);
    this.#options.onTrial?.(trialOf(state));
  }
}

async function sampleInto(samples: number[], { prepared }: CandidateState<unknown>): Promise<void> {
  if (prepared !== undefined) samples.push(await prepared.sample());
}

function release(state: CandidateState<unknown>): void {
  state.prepared?.[Symbol.dispose]();
  state.prepared = undefined;
}

function shortest({ screening }: CandidateState<unknown>): number {
  return Math.min(...screening);
}

function secondsOf({ screening, rounds }: CandidateState<unknown>): number {
  return median([...screening, ...rounds]);
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

function trialOf(state: CandidateState<unknown>): Trial {
  const { candidate, screening, rounds, outcome, reason } = state;
  const samples = [...screening, ...rounds];
  const seconds = samples.length === 0 ? null : secondsOf(state);
  return { name: candidate.name, outcome, samples, seconds, reason };
}

/** The fastest of those that beat the first; the fastest of all where the first is disqualified. */
function winner<T>(states: readonly CandidateState<T>[]): CandidateState<T> {
  const measured = states.filter(({ outcome }) => outcome === "measured");
  const [first] = measured;
  if (first === undefined) {
    const reasons = states.map(({ candidate, reason }) => `${candidate.name}: ${reason}`);
    throw new PapilioError(
      "TUNING_FAILED",
      `None of ${states.length} candidates is correct: ${reasons.join("; ")}.`,
      "Check the adapter with `papilio doctor`; on a sound one, please report this.",
    );
  }
  const sure = first === states[0] ? measured.filter((other) => beats(other, first)) : measured;
  return sure.reduce((best, other) => (secondsOf(other) < secondsOf(best) ? other : best), first);
}

/** Whether a candidate is faster than the default: round by round, as the device is in both. */
function beats(other: CandidateState<unknown>, standing: CandidateState<unknown>): boolean {
  const count = Math.min(other.rounds.length, standing.rounds.length);
  const ratios = ascending(
    Array.from(
      { length: count },
      (_, round) => (other.rounds[round] as number) / (standing.rounds[round] as number),
    ),
  );
  const sure = count >= LEAST_ROUNDS && quantile(ratios, 0.75) < 1;
  return sure && quantile(ratios, 0.5) <= 1 - LEAST_GAIN;
}
