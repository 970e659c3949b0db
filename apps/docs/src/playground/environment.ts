import { clockSteps, type Environment } from "@papilio/bench";
import { type AdapterReport, type Gpu, measureRates, VERSION } from "@papilio/gpu-runtime";

/** More than the last-level cache of any graphics processor that is known, as the command line has it. */
const HARDWARE_CACHE = 128 * 2 ** 20;

/** Where a run in a page is made, for its results file. */
export async function describeEnvironment(gpu: Gpu, address: string): Promise<Environment> {
  const { report } = gpu;
  return {
    ...pageEnvironment(report, address),
    cacheBytes: report.kind === "hardware" ? HARDWARE_CACHE : 0,
    clockSteps: await clockSteps(gpu),
    rates: await measureRates(gpu),
  };
}

/** The part of it that a page knows without a device. */
export function pageEnvironment(adapter: AdapterReport, address: string): Environment {
  return {
    date: new Date().toISOString(),
    command: `playground ${address}`,
    adapter,
    platform: navigator.userAgent,
    processors: `${navigator.hardwareConcurrency} x unknown`,
    versions: { "@papilio/gpu-runtime": VERSION },
    revision: null,
    load: { average: null, busy: null },
    cacheBytes: null,
    clockSteps: { device: null, wall: null },
    rates: null,
    energy: { reason: "A page has no meter." },
  };
}
