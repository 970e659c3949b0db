import { ascending, quantile } from "@papilio/butterfly/numeric";
import { estimateRatio } from "../analysis/statistics.ts";
import type { Trial, Validation } from "./leave-one-out.ts";
import { AS_GOOD, type Quantity } from "./question.ts";

/** With fewer trials than this, how often predictions were right says nothing. */
const MIN_TRIALS = 10;
/** Probability that lies within the intervals. */
const COVERED = 0.95;
/** The normal distribution's share of {@link COVERED} lies within so many standard deviations. */
const Z = 1.96;

/**
 * Probability that a measured time is at most {@link AS_GOOD} times each of the others: the logarithm
 * of each ratio is taken for normally distributed, with the spread of its bootstrap interval. Few
 * samples show too little spread, so that it is at least 1 %, or 10 % with fewer than five.
 */
export function measuredConfidence(
  best: readonly number[],
  others: readonly (readonly number[])[],
): number {
  return others.reduce((product, samples) => {
    const { median, lower, upper } = estimateRatio(samples, best);
    const few = Math.min(samples.length, best.length) < 5;
    const spread = Math.max((Math.log(upper) - Math.log(lower)) / (2 * Z), few ? 0.1 : 0.01);
    // A clock that saw no time in some samples leaves an interval without an end.
    const sure = Number.isFinite(spread) ? normalCdf(Math.log(AS_GOOD * median) / spread) : 0.5;
    return product * sure;
  }, 1);
}

/**
 * Share of the trials that chose well, among the quarter (at least {@link MIN_TRIALS}) whose predicted
 * advantage was nearest to this one: a narrow choice is wrong more often than a wide one. With one
 * success and one failure added (Laplace's rule of succession), it is never 0 or 1.
 *
 * @returns null with too few trials, or where the case lies further from the measured ones than any
 * of them from the others
 */
export function interpolatedConfidence(
  { trials }: Validation,
  advantage: number,
  distance: number,
): number | null {
  const reach = trials.reduce((most, trial) => Math.max(most, trial.distance), 0);
  if (trials.length < MIN_TRIALS || distance > reach) return null;
  const gap = (trial: Trial): number => Math.abs(Math.log(trial.advantage / advantage));
  const alike = trials
    .toSorted((p, q) => gap(p) - gap(q))
    .slice(0, Math.max(MIN_TRIALS, Math.ceil(trials.length / 4)));
  const good = alike.filter(({ regret }) => regret <= AS_GOOD).length;
  return (good + 1) / (alike.length + 2);
}

/** A predicted time of one implementation, with the errors that its predictions had. */
export function predictedSeconds(
  { trials }: Validation,
  implementation: string,
  seconds: number,
): Quantity {
  const errors = trials.flatMap(({ times }) => {
    const pair = times.get(implementation);
    return pair === undefined ? [] : [pair.measured / pair.predicted];
  });
  return withErrors(seconds, errors);
}

/** A predicted ratio of two implementations' times, with the errors that such ratios had. */
export function predictedRatio(
  { trials }: Validation,
  slower: string,
  faster: string,
  ratio: number,
): Quantity {
  const errors = trials.flatMap(({ times }) => {
    const [above, below] = [times.get(slower), times.get(faster)];
    if (above === undefined || below === undefined) return [];
    return [above.measured / below.measured / (above.predicted / below.predicted)];
  });
  return withErrors(ratio, errors);
}

/** A figure that nothing says the error of. */
export function bare(median: number): Quantity {
  return { median, lower: null, upper: null };
}

function withErrors(value: number, errors: readonly number[]): Quantity {
  if (errors.length < MIN_TRIALS) return bare(value);
  const sorted = ascending(errors);
  return {
    median: value,
    // The prediction itself stays inside, whatever the errors' bias.
    lower: value * Math.min(1, quantile(sorted, (1 - COVERED) / 2)),
    upper: value * Math.max(1, quantile(sorted, (1 + COVERED) / 2)),
  };
}

/**
 * The standard normal distribution function, to 7 digits.
 *
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, formula 26.2.17.
 */
export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const series =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = density * series;
  return x >= 0 ? 1 - upper : upper;
}
