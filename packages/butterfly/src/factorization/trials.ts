import type { AnyButterfly } from "../matrix/permuted-butterfly.ts";
import type { Complex } from "../numeric/complex.ts";
import type { FloatArray } from "../numeric/float-array.ts";
import type { Chain } from "../pattern/chain.ts";
import { BLOCK_WORK, type Candidate } from "./bound-candidates.ts";
import type { ChainFront, ChainPoint } from "./chain-front.ts";
import { type Factorization, factorize } from "./factorize.ts";
import { splitAt } from "./hierarchical.ts";
import { OUT_OF_TIME, type SearchClock, WorkRate } from "./search-clock.ts";
import { splitWork } from "./splitter.ts";

/** Errors below it are not told apart by bounds from squares: the chain with fewer values is tried first. */
const NEAR = 2 ** -20;

/** Seconds after which the first is tried early. */
const FIRST_EARLY = 1;

export interface TrialOptions {
  readonly clock: SearchClock;
  readonly front: ChainFront;
  /** Infinite for none. */
  readonly maxError: number;
  readonly threads: number | undefined;
  readonly kernels: Uint8Array | undefined;
  /** Whether something good is to be there early: it may be all that there is time for. */
  readonly isAnytime: boolean;
  readonly errorOf: ((matrix: AnyButterfly) => number | Promise<number>) | undefined;
  readonly onBest: ((best: Factorization<AnyButterfly>) => void | Promise<void>) | undefined;
}

/** The matrix in the size of a chain. */
type DenseOf = (chain: Chain) => FloatArray | Complex<FloatArray>;

/** A chain that was factorized, with the error that counts. */
interface Tried {
  readonly point: ChainPoint;
  readonly found: Factorization<AnyButterfly>;
}

/**
 * Factorizes by candidates, the most promising first, as far as the time goes: by those whose error is not
 * known from bounds and may be good, and by the best.
 */
export class Trials {
  readonly #denseOf: DenseOf;
  readonly #options: TrialOptions;
  readonly #rate = new WorkRate();
  /** Those that were not tried. */
  readonly #left = new Set<Candidate>();
  /** Those that there was no time for. */
  readonly #late = new Set<Candidate>();
  #best: Tried | undefined;
  #nextEarly = FIRST_EARLY;

  constructor(denseOf: DenseOf, options: TrialOptions) {
    this.#denseOf = denseOf;
    this.#options = options;
  }

  add(candidates: readonly Candidate[]): void {
    for (const candidate of candidates) this.#left.add(candidate);
  }

  /** Tries the best candidate by now each time that twice as long has gone by, where it takes less than that. */
  async tryEarly(): Promise<void> {
    const { clock, maxError, isAnytime } = this.#options;
    const { elapsed } = clock;
    if (!isAnytime || elapsed < this.#nextEarly) return;
    this.#nextEarly = 2 * elapsed;
    const errors = Number.isFinite(maxError);
    const next = [...this.#left]
      .filter(({ chain, parameters, ...candidate }) => {
        if (this.#secondsOf(chain) > Math.min(elapsed + 1, clock.left() / 2)) return false;
        if (!errors) return errorOf(candidate) < (this.#best?.point.error ?? 1);
        return errorOf(candidate) <= maxError && parameters < (this.#best?.point.parameters ?? 1);
      })
      .sort((p, q) => {
        const nearer = Math.max(errorOf(p), NEAR) - Math.max(errorOf(q), NEAR);
        return (errors ? 0 : nearer) || p.parameters - q.parameters;
      })[0];
    if (next !== undefined) await this.#try(next, false);
  }

  async run(): Promise<{ best: Factorization<AnyButterfly> | undefined; untried: number }> {
    await this.#addKnown();
    if (Number.isFinite(this.#options.maxError)) await this.#meetError();
    else await this.#comeNear();
    const untried = [...this.#late].filter((candidate) => this.#mayHelp(candidate)).length;
    return { best: this.#best?.found, untried };
  }

  /** Chains of two factors whose error is known join the front without a factorization. */
  async #addKnown(): Promise<void> {
    const { front, maxError } = this.#options;
    const known = [...this.#left].filter(({ error }) => error !== undefined);
    known.sort((p, q) => p.parameters - q.parameters || errorOf(p) - errorOf(q));
    for (const candidate of known) {
      const { chain, parameters } = candidate;
      const error = errorOf(candidate);
      if (!front.beats(parameters, error)) await front.add({ chain, parameters, error });
      // One with more parameters is not needed then, unless rounding makes this one worse.
      if (Number.isFinite(maxError) && error <= maxError) break;
    }
  }

  /** The smallest error. */
  async #comeNear(): Promise<void> {
    const { front, isAnytime } = this.#options;
    if (isAnytime) await this.#tryNearest();
    for (;;) {
      const next = this.#choose(
        (candidate) => candidate.error === undefined && this.#mayHelp(candidate),
        ({ bounds, parameters }) => Math.max(bounds.upper, NEAR) / front.errorAt(parameters),
      );
      if (next === undefined) break;
      await this.#try(next);
    }
    await this.#tryNearest();
  }

  /** The nearest on the front, if it was not tried; the nearest that there is time for. */
  async #tryNearest(): Promise<void> {
    const { front, clock } = this.#options;
    for (;;) {
      let next: Candidate | undefined;
      for (const { chain } of front.points.toReversed()) {
        if (chain === this.#best?.point.chain) break;
        next = [...this.#left].find((candidate) => candidate.chain === chain);
        if (next !== undefined && this.#secondsOf(chain) <= clock.left()) break;
        next = undefined;
      }
      // Without any, what is done first may come to its end in time.
      if (next === undefined && this.#best === undefined && clock.left() > 0) {
        next = [...this.#left].sort((p, q) => workOf(p.chain) - workOf(q.chain))[0];
      }
      if (next === undefined) break;
      await this.#try(next);
    }
  }

  /** The fewest parameters within an error. */
  async #meetError(): Promise<void> {
    const { maxError } = this.#options;
    for (;;) {
      // Those that are within it for sure, but for the rounding of what is stored; then those that may be.
      const next =
        this.#choose(
          (candidate) => this.#hasFewer(candidate) && errorOf(candidate) <= maxError,
          ({ parameters }) => parameters,
        ) ??
        this.#choose(
          (candidate) => this.#hasFewer(candidate) && candidate.bounds.lower <= maxError,
          ({ bounds }) => Math.max(bounds.upper, NEAR),
        );
      if (next === undefined) break;
      await this.#try(next);
    }
  }

  /** Whether a candidate may join the front, and be better than the best where an error is to be met. */
  #mayHelp({ bounds, parameters }: Candidate): boolean {
    const { front, maxError } = this.#options;
    if (!Number.isFinite(maxError)) return !front.beats(parameters, bounds.lower);
    return bounds.lower <= maxError && this.#hasFewer({ parameters });
  }

  /** Whether it has fewer parameters than the best, or there is none. */
  #hasFewer({ parameters }: Pick<Candidate, "parameters">): boolean {
    return this.#best === undefined || parameters < this.#best.point.parameters;
  }

  /** Of those that were not tried, and that there is time for, the one with the smallest score. */
  #choose(
    isWanted: (candidate: Candidate) => boolean,
    score: (candidate: Candidate) => number,
  ): Candidate | undefined {
    const wanted = [...this.#left]
      .filter(isWanted)
      .map((candidate) => ({ candidate, score: score(candidate) }))
      .sort((p, q) => p.score - q.score || p.candidate.parameters - q.candidate.parameters);
    for (const { candidate } of wanted) {
      if (this.#secondsOf(candidate.chain) <= this.#options.clock.left()) return candidate;
      this.#left.delete(candidate);
      this.#late.add(candidate);
    }
    return undefined;
  }

  /** @param isLast whether nothing but other trials is to come, so that what is left can be told */
  async #try(candidate: Candidate, isLast = true): Promise<void> {
    this.#left.delete(candidate);
    const { chain, parameters } = candidate;
    const { clock, threads, kernels, front, maxError, errorOf, onBest } = this.#options;
    const [start, expected] = [clock.elapsed, this.#secondsOf(chain)];
    const after = this.#secondsOfOthers();
    const isPair = chain.length === 2;
    try {
      const result = await factorize(this.#denseOf(chain), chain, {
        ...(threads === undefined ? {} : { threads }),
        ...(kernels === undefined ? {} : { kernels }),
        signal: clock.signal,
        // Those of two factors cost nothing; those of others are known.
        bounds: isPair,
        onProgress: (share) => {
          if (isLast) clock.report((1 - share) * expected + after);
        },
      });
      this.#rate.add(workOf(chain), clock.elapsed - start);
      const found = { ...result, bounds: isPair ? result.bounds : candidate.bounds };
      const error = (await errorOf?.(found.matrix)) ?? found.error;
      const point = { chain, parameters, error };
      await front.add(point);
      if (!(error <= maxError) || !this.#isBetter(point)) return;
      this.#best = { point, found };
      await onBest?.({ ...found, seconds: clock.elapsed });
    } catch (reason) {
      if (reason !== OUT_OF_TIME) throw reason;
      this.#late.add(candidate);
    }
  }

  #isBetter({ chain, parameters, error }: ChainPoint): boolean {
    const { front, maxError } = this.#options;
    if (this.#best === undefined) return true;
    const { point } = this.#best;
    if (Number.isFinite(maxError)) return this.#hasFewer({ parameters });
    // Of two that are both as near as rounding lets them be, the one with fewer is on the front.
    const isOnFront = (one: Chain): boolean => front.points.some((other) => other.chain === one);
    return isOnFront(chain) && (error < point.error || !isOnFront(point.chain));
  }

  #secondsOf(chain: Chain): number {
    return this.#rate.secondsOf(workOf(chain));
  }

  /** The seconds of all that may still be tried. */
  #secondsOfOthers(): number {
    let sum = 0;
    for (const candidate of this.#left) {
      if (candidate.error === undefined && this.#mayHelp(candidate)) {
        sum += this.#secondsOf(candidate.chain);
      }
    }
    return sum;
  }
}

/** The error of a candidate, or a bound of it. */
function errorOf({ error, bounds }: Pick<Candidate, "error" | "bounds">): number {
  return error ?? bounds.upper;
}

/** Multiplications of a factorization down a one-sided tree, with what each block costs beside them. */
function workOf(chain: Chain): number {
  let sum = 0;
  for (let at = 1; at < chain.length; at++) {
    const split = splitAt(chain, at - 1, at, chain.length);
    sum += split.classes * (splitWork(split) + BLOCK_WORK);
  }
  return sum;
}
