import type { BenchResults, CaseResult, ImplementationResult, Timing } from "../results.ts";
import { SCHEMA } from "../results.ts";

/** A timed implementation whose device samples are given, in seconds. */
export function timed(
  implementation: string,
  device: readonly number[],
  roles: Partial<Pick<Timing, "multiply" | "rewrite">> = {},
): ImplementationResult {
  return {
    implementation,
    status: "timed",
    bytes: 1024,
    traffic: roles.rewrite === undefined ? null : { multiply: 3000, rewrite: 1000 },
    energy: null,
    verification: {
      ok: true,
      maxError: 1e-7,
      maxRatio: 0.1,
      worstIndex: 0,
      rmsRelative: 1e-8,
      nonFinite: 0,
    },
    timing: {
      coldSeconds: 0.5,
      repeats: 1,
      wall: device.map((seconds) => 2 * seconds),
      device,
      multiply: roles.multiply ?? [],
      rewrite: roles.rewrite ?? [],
    },
  };
}

export function caseOf(chain: string, results: readonly ImplementationResult[]): CaseResult {
  return {
    chain,
    batch: 128,
    dtype: "f32",
    layout: "batch-last",
    verifiedVectors: 8,
    inputs: 2,
    seconds: 1.5,
    results,
  };
}

export function resultsOf(cases: readonly CaseResult[]): BenchResults {
  return {
    schema: SCHEMA,
    environment: {
      date: "2026-01-01T00:00:00.000Z",
      command: "papilio bench",
      adapter: {
        name: "test adapter",
        vendor: "",
        architecture: "",
        driver: "test driver 1.0",
        kind: "software",
        embedded: false,
        features: { f16: false, subgroups: { min: 4, max: 4 }, timestamps: true },
        limits: {
          maxBufferSize: 2 ** 28,
          maxStorageBufferBindingSize: 2 ** 27,
          maxComputeWorkgroupStorageSize: 2 ** 14,
          maxComputeInvocationsPerWorkgroup: 256,
          maxComputeWorkgroupsPerDimension: 65535,
        },
        passedOver: [],
      },
      platform: "linux-x64",
      processors: "2 x test",
      versions: { node: "24.0.0" },
      revision: null,
      load: { average: 0, busy: 0 },
      cacheBytes: null,
      clockSteps: { device: null, wall: null },
      rates: null,
      energy: { reason: "This is a test." },
    },
    options: { rounds: 3, minSample: 0.001, seed: 1, maxRunSeconds: null },
    implementations: [],
    cases,
    skipped: [],
    resumed: 0,
    complete: true,
    damagedLines: [],
  };
}
