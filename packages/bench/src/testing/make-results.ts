import type { BenchResults, CaseResult, ImplementationResult, Timing } from "../results.ts";

/** Verification of an answer that is right. */
export const RIGHT = {
  ok: true,
  maxError: 1e-7,
  maxRatio: 0.1,
  worstIndex: 3,
  rmsRelative: 1e-8,
  nonFinite: 0,
} as const;

/** An implementation whose every sample is `seconds`, of device time unless `wall` says otherwise. */
export function timed(
  implementation: string,
  seconds: number,
  timing: Partial<Timing> = {},
): ImplementationResult {
  return {
    implementation,
    status: "timed",
    verification: RIGHT,
    bytes: 1024,
    timing: {
      coldSeconds: 1,
      wall: [2 * seconds],
      device: [seconds],
      multiply: [],
      rewrite: [],
      ...timing,
    },
  };
}

/** A case of batch 128 in f32, batch-last. */
export function caseOf(pattern: string, results: readonly ImplementationResult[]): CaseResult {
  return {
    pattern,
    batch: 128,
    dtype: "f32",
    layout: "batch-last",
    verifiedVectors: 128,
    results,
  };
}

/** A results file with these cases. */
export function resultsOf(cases: readonly CaseResult[]): BenchResults {
  return {
    schema: "papilio-bench/1",
    environment: {
      date: "2026-01-02T03:04:05.678Z",
      command: "papilio bench --json results.json",
      adapter: {
        name: "Test adapter",
        vendor: "vendor",
        architecture: "architecture",
        driver: "driver 1.2",
        kind: "software",
        embedded: false,
        features: { f16: true, subgroups: { min: 8, max: 8 }, timestamps: true },
        limits: {
          maxBufferSize: 2 ** 30,
          maxStorageBufferBindingSize: 2 ** 27,
          maxComputeWorkgroupStorageSize: 2 ** 15,
          maxComputeInvocationsPerWorkgroup: 1024,
          maxComputeWorkgroupsPerDimension: 65535,
        },
        passedOver: [{ name: "Better adapter", reason: "it is a test" }],
      },
      platform: "linux-x64",
      processors: "2 x processor",
      versions: { node: "24.21.0" },
      load: 0.5,
    },
    options: { rounds: 10, minSample: 0.002, seed: 1 },
    cases,
    skipped: [],
    complete: true,
  };
}
