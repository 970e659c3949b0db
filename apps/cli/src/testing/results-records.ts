import {
  type CaseResult,
  formatRecord,
  type ImplementationResult,
  type RunRecord,
  SCHEMA,
} from "@papilio/bench/results";

/** The first record of a made-up run; names hold characters of several bytes. */
export const RUN: RunRecord = {
  record: "run",
  schema: SCHEMA,
  environment: {
    date: "2026-01-02T03:04:05.000Z",
    command: "papilio bench",
    adapter: {
      name: "Größer 加速器 🦋",
      vendor: "",
      architecture: "",
      driver: "test driver 1.0",
      kind: "hardware",
      embedded: false,
      features: { f16: false, subgroups: null, timestamps: true },
      limits: {
        maxBufferSize: 2 ** 28,
        maxStorageBufferBindingSize: 2 ** 27,
        maxComputeWorkgroupStorageSize: 2 ** 14,
        maxComputeInvocationsPerWorkgroup: 256,
        maxComputeWorkgroupsPerDimension: 65_535,
      },
      passedOver: [],
    },
    platform: "linux-x64",
    processors: "2 x test",
    versions: { node: "24.0.0" },
    revision: null,
    load: { average: 0, busy: 0 },
    cacheBytes: null,
    clockSteps: { device: 1e-9, wall: 1e-9 },
    rates: null,
    energy: { reason: "there is no meter." },
  },
  options: { rounds: 2, minSample: 0.001, seed: 1, maxRunSeconds: null },
  implementations: ["kronecker-sparse", "bmm", "csr"].map((name) => ({
    name,
    description: "naïve ⟨λ⟩",
    processor: "adapter",
  })),
};

/** What an implementation has whose runs all take as long. */
export function timed(implementation: string, seconds: number): ImplementationResult {
  const samples = [seconds, seconds];
  return {
    implementation,
    status: "timed",
    verification: {
      ok: true,
      maxError: 0,
      maxRatio: 0,
      worstIndex: 0,
      rmsRelative: 0,
      nonFinite: 0,
    },
    bytes: 64,
    traffic: null,
    timing: {
      coldSeconds: 0.1,
      repeats: 1,
      wall: samples,
      device: samples,
      multiply: [],
      rewrite: [],
    },
    energy: null,
  };
}

/** A record of a case, which differs from others by its batch. */
export function caseRecord(batch: number): { readonly record: "case" } & CaseResult {
  return {
    record: "case",
    chain: "4,8,8,4",
    batch,
    dtype: "f32",
    layout: "batch-last",
    verifiedVectors: 8,
    inputs: 1,
    seconds: 1,
    results: [
      timed("kronecker-sparse", 1e-3),
      timed("bmm", 2e-3),
      { implementation: "csr", status: "skipped", reason: `zu groß für 加速器 🦋 ${batch}` },
    ],
  };
}

/** A complete results file. */
export function resultsText(cases: number): string {
  const end = { record: "end", date: RUN.environment.date } as const;
  const records = [RUN, ...Array.from({ length: cases }, (_, index) => caseRecord(index + 1)), end];
  return records.map(formatRecord).join("");
}
