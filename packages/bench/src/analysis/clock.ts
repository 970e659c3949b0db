import * as v from "valibot";
import { anyNumber, requireShape } from "../arguments/checks.ts";
import type { BenchResults, ImplementationResult, Timing } from "../results/results.ts";

/** Which clock a time is from: the device's timestamps, or the wall clock around the same runs. */
export type Clock = "device" | "wall";

const timingsShape = v.array(v.object({ device: v.array(anyNumber) }));
const casesShape = v.object({
  cases: v.array(
    v.object({
      results: v.array(
        v.union([
          v.object({ status: v.literal("timed"), timing: v.object({ wall: v.array(anyNumber) }) }),
          v.object({ status: v.picklist(["wrong", "skipped"]) }),
        ]),
      ),
    }),
  ),
});

/**
 * The one clock by which times are compared: the device's where every one of them has it, else the wall
 * clock for all. A time by one clock is never compared with a time by the other.
 */
export function commonClock(timings: readonly Pick<Timing, "device">[]): Clock {
  requireShape("The timings", timings, timingsShape);
  return timings.every(({ device }) => device.length > 0) ? "device" : "wall";
}

/**
 * The clock of a whole run: of its tables, its summary, its figures. What computes on the CPU has
 * no device clock, so that a run that has such an implementation is by the wall clock throughout.
 */
export function runClock(run: Pick<BenchResults, "cases">): Clock {
  requireShape("The run", run, casesShape);
  const { cases } = run;
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
