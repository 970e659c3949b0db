import { ascending, median, quantile, uniform } from "@papilio/butterfly/numeric";
import * as v from "valibot";
import { anyNumber, requireShape, type Shape } from "../arguments/checks.ts";

/** A median with its 95 % confidence interval. */
export interface Estimate {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

/** What an {@link Estimate} is. */
export const estimateShape: Shape = v.object({
  median: anyNumber,
  lower: anyNumber,
  upper: anyNumber,
});

const samplesShape = v.pipe(v.array(anyNumber), v.minLength(1));

const RESAMPLES = 1000;

/**
 * The median of at least one sample, with a 95 % confidence interval by the percentile bootstrap
 * (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13). The same samples give the
 * same interval: the resamples are drawn from a fixed seed.
 */
export function estimateMedian(samples: readonly number[]): Estimate {
  requireShape("The samples", samples, samplesShape);
  return estimate(median(samples), resampledMedians(samples, 1));
}

/**
 * The ratio of two medians, with a 95 % confidence interval by the percentile bootstrap of both.
 *
 * @param numerator at least one sample
 * @param denominator at least one sample, all positive
 */
export function estimateRatio(
  numerator: readonly number[],
  denominator: readonly number[],
): Estimate {
  requireShape("The samples of the numerator", numerator, samplesShape);
  requireShape("The samples of the denominator", denominator, samplesShape);
  const above = resampledMedians(numerator, 1);
  const below = resampledMedians(denominator, 2);
  return estimate(
    median(numerator) / median(denominator),
    above.map((value, index) => value / (below[index] as number)),
  );
}

function estimate(value: number, resampled: readonly number[]): Estimate {
  const sorted = ascending(resampled);
  return { median: value, lower: quantile(sorted, 0.025), upper: quantile(sorted, 0.975) };
}

/** Medians of samples drawn with replacement from `samples`. */
function resampledMedians(samples: readonly number[], seed: number): number[] {
  const sorted = ascending(samples);
  return middlePairs(sorted.length, seed).map(
    ([low, high]) => ((sorted[low] as number) + (sorted[high] as number)) / 2,
  );
}

/** Numbers of samples whose draws are kept. */
const MOST_DRAWN = 32;

const drawn = new Map<string, readonly (readonly [number, number])[]>();

/**
 * For each resample of `count` sorted samples, the two positions whose mean is its median. They
 * depend on nothing else, so that a run of thousands of cases draws them once.
 */
function middlePairs(count: number, seed: number): readonly (readonly [number, number])[] {
  const key = `${count} ${seed}`;
  const known = drawn.get(key);
  if (known !== undefined) return known;
  const next = uniform(seed);
  const pairs = Array.from({ length: RESAMPLES }, () => {
    const positions = ascending(
      Array.from({ length: count }, () => Math.floor(((next() + 1) / 2) * count)),
    );
    return [
      positions[Math.floor((count - 1) / 2)] as number,
      positions[Math.floor(count / 2)] as number,
    ] as const;
  });
  const [oldest] = drawn.keys();
  if (drawn.size >= MOST_DRAWN && oldest !== undefined) drawn.delete(oldest);
  drawn.set(key, pairs);
  return pairs;
}

/** Shuffles in place (Fisher-Yates) with numbers in [-1, 1). */
export function shuffle<T>(items: T[], next: () => number): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(((next() + 1) / 2) * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
