import { type PowerEstimate, standardDeviation } from "../reading.ts";
import type { PowerSample } from "./power-sampler.ts";

/** Largest error of a power that is printed with two decimals, in watts. */
const ROUNDING = 0.005;

/**
 * Mean power over samples at increasing times, two at least: the integral by trapezoids from the
 * first to the last, divided by the time between them.
 *
 * `deviation` is the standard deviation of that mean: the samples' own, divided by the root of the
 * number of independent ones. The board refreshes its value more slowly than it is asked for it, so
 * equal neighbours count as one; a field that is itself a mean over `averaging` seconds tells one
 * value in that time.
 */
export function meanPower(samples: readonly PowerSample[], averaging: number): PowerEstimate {
  let joules = 0;
  let distinct = 1;
  for (const [index, { seconds, watts }] of samples.entries()) {
    const before = samples[index - 1];
    if (before === undefined) continue;
    joules += ((before.watts + watts) / 2) * (seconds - before.seconds);
    if (watts !== before.watts) distinct++;
  }
  const seconds = samples.at(-1)!.seconds - samples[0]!.seconds;
  const independent =
    averaging > 0 ? Math.max(1, Math.min(distinct, seconds / averaging)) : distinct;
  const spread = standardDeviation(samples.map(({ watts }) => watts));
  return {
    watts: joules / seconds,
    deviation: spread / Math.sqrt(independent),
    bound: ROUNDING,
  };
}
