import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { clockSteps } from "@papilio/bench";
import type { MeterSearch } from "@papilio/bench/node";
import type { Environment } from "@papilio/bench/results";
import type { Gpu } from "@papilio/gpu-runtime";
import { measureRates } from "@papilio/gpu-runtime/planning";
import { gitRevision, lastLevelCache, measureLoad } from "./machine.ts";

const require = createRequire(import.meta.url);

function readVersion(from: NodeJS.Require, manifest: string): string {
  return (from(manifest) as { version: string }).version;
}

/** This program's version. */
export const version: string = readVersion(require, "../../package.json");

/**
 * A graphics processor's own caches cannot be asked for: more than any has that we know of (the last
 * level of an H200 is 50 MiB, that of a Radeon 128 MiB).
 */
const HARDWARE_CACHE = 128 * 2 ** 20;

/**
 * Where a run is made, for its results file. Call it before any work, which would count as load.
 *
 * @param gpu without one, all is computed on the CPU
 * @param search the meter that the run's energy is measured with, or why there is none
 */
export async function describeEnvironment(
  gpu: Gpu | undefined,
  command: string,
  search: MeterSearch,
): Promise<Environment> {
  const processors = cpus();
  const load = await measureLoad();
  return {
    date: new Date().toISOString(),
    command,
    adapter: gpu?.report ?? null,
    platform: `${process.platform}-${process.arch}`,
    processors: `${processors.length} x ${processors[0]?.model ?? "unknown"}`,
    versions: versions(),
    revision: gitRevision(dirname(require.resolve("../../package.json"))),
    load,
    cacheBytes: cacheBytesOf(gpu),
    clockSteps: await clockSteps(gpu),
    rates: gpu === undefined ? null : await measureRates(gpu),
    energy:
      "reason" in search ? search : { meter: search.meter.name, idleWatts: search.meter.idleWatts },
  };
}

/** Bytes that inputs must exceed together so that none is found in a cache; null when unknown. */
export function cacheBytesOf(gpu: Gpu | undefined): number | null {
  return gpu?.report.kind === "hardware" ? HARDWARE_CACHE : lastLevelCache();
}

/** Versions of Node, of this program and of Dawn, where that is installed. */
export function versions(): Record<string, string> {
  return { node: process.versions.node, papilio: version, webgpu: dawnVersion() };
}

function dawnVersion(): string {
  try {
    // Dawn is the GPU runtime's dependency, not this program's.
    const runtime = createRequire(require.resolve("@papilio/gpu-runtime/package.json"));
    return readVersion(runtime, "webgpu/package.json");
  } catch {
    return "not installed";
  }
}
