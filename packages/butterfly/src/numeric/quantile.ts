import { requireNumber } from "../errors/argument-checks.ts";
import { requireListOf } from "../errors/matrix-checks.ts";

/**
 * The quantile `q` of samples sorted upwards, interpolated between neighbours (Hyndman and Fan, Sample
 * quantiles in statistical packages, The American Statistician 1996, definition 7).
 *
 * @throws RangeError without samples
 */
export function quantile(sorted: readonly number[], q: number): number {
  requireSamples(sorted);
  requireNumber("The quantile", q);
  const position = (sorted.length - 1) * q;
  const index = Math.floor(position);
  const low = sorted[index];
  if (low === undefined) throw new RangeError("quantile of no samples");
  const high = sorted[index + 1] ?? low;
  return low + (high - low) * (position - index);
}

/** Samples sorted upwards, in a new array. */
export function ascending(samples: readonly number[]): number[] {
  requireSamples(samples);
  // A typed array sorts numbers as numbers, and several times faster.
  return Array.from(Float64Array.from(samples).sort());
}

/**
 * The median of at least one number.
 *
 * @throws RangeError without numbers
 */
export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5);
}

function requireSamples(samples: unknown): void {
  requireListOf("The samples", samples, (name, sample) => {
    // Some may be NaN, as times by a clock that failed.
    if (typeof sample !== "number") requireNumber(name, sample);
  });
}
