import type { BenchResults, ImplementationResult, Timing } from "../results/results.ts";

/** Which clock a time is from: the device's timestamps, or the wall clock around the same runs. */
export type Clock = "device" | "wall";

/**
 * The one clock by which times are compared: the device's where every one of them has it, else the wall
 * clock for all. A time by one clock is never compared with a time by the other.
 */
export function commonClock(timings: readonly Pick<Timing, "device">[]): Clock {
  return timings.every(({ device }) => device.length > 0) ? "device" : "wall";
}

/**
 * The clock of a whole run: of its tables, its summary, its figures. What computes on the CPU has
 * no device clock, so that a run that has such an implementation is by the wall clock throughout.
 */
export function runClock({ cases }: Pick<BenchResults, "cases">): Clock {
  return commonClock(cases.flatMap(({ results }) => timedOf(results).map(({ timing }) => timing)));
}

/** An implementation that was timed. */
export type Timed = Extract<ImplementationResult, { status: "timed" }>;

/** Those of a case that were timed and have samples. */
export function timedOf(results: readonly ImplementationResult[]): Timed[] {
  return results.filter(
    (entry): entry is Timed => entry.status === "timed" && entry.timing.wall.length > 0,
  );
}
