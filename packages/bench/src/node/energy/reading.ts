import type { Energy } from "../../results/results.ts";

/** Mean power over a stretch of time, and how well it is known. All in watts. */
export interface PowerEstimate {
  readonly watts: number;
  /** Standard deviation of `watts` as an estimate of the power that is meant. */
  readonly deviation: number;
  /** Largest error that the meter's resolution can cause. */
  readonly bound: number;
}

/**
 * The energy of one multiplication, from the power of a run and the idle power before it.
 *
 * The interval adds the two resolutions, which are bounds, to twice the standard deviation of the
 * difference, in which those of the run and of idle are independent:
 *
 *     half = (bound + idle.bound + 2 sqrt(deviation^2 + idle.deviation^2)) x seconds / runs
 *
 * It does not hold the calibration of the meter (NVIDIA gives 5 % for its boards), which is the
 * same for all runs on it, nor a change of idle power that its variation before does not show.
 */
export function toReading(
  run: PowerEstimate,
  idle: PowerEstimate,
  { seconds, runs }: { readonly seconds: number; readonly runs: number },
): Energy {
  const joulesOf = (watts: number): number => (watts * seconds) / runs;
  const joules = joulesOf(run.watts - idle.watts);
  const half = joulesOf(run.bound + idle.bound + 2 * Math.hypot(run.deviation, idle.deviation));
  return { joules, lower: joules - half, upper: joules + half, watts: run.watts, seconds, runs };
}

/** Standard deviation of samples (with n - 1); 0 of fewer than two, which show no variation. */
export function standardDeviation(samples: readonly number[]): number {
  if (samples.length < 2) return 0;
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  const squares = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (samples.length - 1));
}
