/** A logarithmic axis. */
export interface LogAxis {
  readonly domain: readonly [number, number];
  /** Where the labels stand. */
  readonly ticks: readonly number[];
}

/** Least distance of two labels as a share of the axis: below one another, side by side, and wide ones. */
export const GAPS = { vertical: 0.08, horizontal: 0.15, wide: 0.2 } as const;

/** Factors of the powers of ten at which labels stand, from the finest choice to the coarsest. */
const CHOICES = [[1, 1.5, 2, 3, 4, 5, 6, 7, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];

/** Least width of an axis, as its end over its start, so that two labels fit. */
const LEAST_SPAN = 2.5;

/**
 * A logarithmic axis that holds all values, with a little room on both sides, and as many labels
 * at round numbers as there is room for.
 *
 * @param values all positive and finite; without any the axis goes from 1 to 10
 * @param gap least distance of two labels as a share of the axis
 */
export function logAxis(values: Iterable<number>, gap: number): LogAxis {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === 0) [low, high] = [1, 10];
  const room = Math.max((high / low) ** 0.04, Math.sqrt((LEAST_SPAN * low) / high));
  const domain = [low / room, high * room] as const;
  return { domain, ticks: roundTicks(domain, gap) };
}

/** The same, labelled at the values themselves where they are few, such as batch sizes. */
export function valueAxis(values: readonly number[], gap: number): LogAxis {
  const axis = logAxis(values, gap);
  const distinct = [...new Set(values)].sort((p, q) => p - q);
  return leastGap(distinct, axis.domain) >= gap ? { ...axis, ticks: distinct } : axis;
}

function leastGap(ticks: readonly number[], [low, high]: readonly [number, number]): number {
  const gaps = ticks.slice(1).map((tick, index) => Math.log(tick / (ticks[index] as number)));
  return Math.min(...gaps, Number.POSITIVE_INFINITY) / Math.log(high / low);
}

function roundTicks(domain: readonly [number, number], gap: number): number[] {
  const [low, high] = domain;
  const first = Math.floor(Math.log10(low));
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high)) - first + 1 },
    (_, index) => first + index,
  );
  const inside = (factors: readonly number[], step: number): number[] =>
    powers
      .filter((power) => power % step === 0)
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((value) => value >= low && value <= high);
  return (
    CHOICES.map((factors) => inside(factors, 1)).find((ticks) => leastGap(ticks, domain) >= gap) ??
    inside([1], Math.ceil(gap * Math.log10(high / low)))
  );
}

/** A Vega expression that labels a value with its prefix and unit: `10 µs`. */
export function unitLabels(unit: string): string {
  return `replace(format(datum.value, '~s'), /([a-zµ]?)$/i, ' $1${unit}')`;
}

/** A Vega expression that labels a ratio: `×2`. */
export const TIMES_LABELS = "'×' + format(datum.value, '~g')";
