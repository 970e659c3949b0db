import { clockSteps } from "@papilio/bench";
import type { Environment } from "@papilio/bench/results";
import type { Gpu } from "@papilio/gpu-runtime";
import { measureRates } from "@papilio/gpu-runtime/planning";
import { VERSION } from "@papilio/gpu-runtime/tuning";

/** More than the last-level cache of any graphics processor that is known, as the command line has it. */
const HARDWARE_CACHE = 128 * 2 ** 20;

/** Where a run in a page is made, for its results file. */
export async function describeEnvironment(
  gpu: Gpu | undefined,
  address: string,
): Promise<Environment> {
  return {
    date: new Date().toISOString(),
    command: `playground ${address}`,
    adapter: gpu?.report ?? null,
    platform: navigator.userAgent,
    processors: `${navigator.hardwareConcurrency} x unknown`,
    versions: { "@papilio/gpu-runtime": VERSION },
    revision: null,
    load: { average: null, busy: null },
    cacheBytes: gpu?.report.kind === "hardware" ? HARDWARE_CACHE : 0,
    clockSteps: await clockSteps(gpu),
    rates: gpu === undefined ? null : await measureRates(gpu),
    energy: { reason: "A page has no meter." },
  };
}
