/** Median and quartiles of samples. */
export interface Summary {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * The quantile `q` of samples sorted upwards, interpolated between neighbours (Hyndman and Fan,
 * definition 7).
 */
export function quantile(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const index = Math.floor(position);
  const low = sorted[index];
  if (low === undefined) throw new RangeError("quantile of no samples");
  const high = sorted[index + 1] ?? low;
  return low + (high - low) * (position - index);
}

/** Median and quartiles of at least one sample. */
export function summarizeSamples(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((p, q) => p - q);
  return {
    median: quantile(sorted, 0.5),
    lower: quantile(sorted, 0.25),
    upper: quantile(sorted, 0.75),
  };
}

/** The median of at least one number. */
export function median(values: readonly number[]): number {
  return summarizeSamples(values).median;
}

/** Shuffles in place (Fisher-Yates) with numbers in [-1, 1). */
export function shuffle<T>(items: T[], next: () => number): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(((next() + 1) / 2) * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
