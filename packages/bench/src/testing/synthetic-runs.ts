import { Chain } from "@papilio/butterfly";
import type { Case } from "../case.ts";
import { caseKey } from "../case.ts";
import type {
  BenchResults,
  CaseResult,
  Environment,
  ImplementationRecord,
  ImplementationResult,
  Rates,
} from "../results.ts";
import { SCHEMA } from "../results.ts";

const verification = {
  ok: true,
  maxError: 0,
  maxRatio: 0,
  worstIndex: 0,
  rmsRelative: 0,
  nonFinite: 0,
};

/** A timed implementation whose samples are given, in seconds: by the device's clock unless told. */
export function sampled(
  implementation: string,
  samples: readonly number[],
  clock: "device" | "wall" = "device",
): ImplementationResult {
  return {
    implementation,
    status: "timed",
    verification,
    bytes: 0,
    traffic: null,
    energy: null,
    timing: {
      coldSeconds: 1,
      repeats: 1,
      // The wall clock sees more than the device's does.
      wall: clock === "wall" ? samples : samples.map((seconds) => 2 * seconds),
      device: clock === "device" ? samples : [],
      multiply: [],
      rewrite: [],
    },
  };
}

export function wrong(implementation: string): ImplementationResult {
  return { implementation, status: "wrong", verification: { ...verification, ok: false } };
}

export function skipped(implementation: string, reason = "too large"): ImplementationResult {
  return { implementation, status: "skipped", reason };
}

/** A case by its chain's text; f32, batch-last and a batch of 128 unless told. */
export function itemOf(chain: string, rest: Partial<Omit<Case, "chain">> = {}): Case {
  return { chain: Chain.parse(chain), batch: 128, dtype: "f32", layout: "batch-last", ...rest };
}

export function resultOf(item: Case, results: readonly ImplementationResult[]): CaseResult {
  return { ...caseKey(item), verifiedVectors: 1, inputs: 1, seconds: 0, results };
}

export const testAdapter: Environment["adapter"] = {
  name: "test adapter",
  vendor: "",
  architecture: "",
  driver: "test driver 1.0",
  kind: "software",
  embedded: false,
  features: { f16: true, subgroups: null, timestamps: true },
  limits: {
    maxBufferSize: 2 ** 28,
    maxStorageBufferBindingSize: 2 ** 27,
    maxComputeWorkgroupStorageSize: 2 ** 14,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  passedOver: [],
};

export const testRates: Rates = {
  copyBytesPerSecond: 1e10,
  flopsPerSecond: 1e11,
  dispatchSeconds: 1e-5,
};

/** A whole run; its implementations are those of the cases, all on the adapter unless told. */
export function runOf(
  cases: readonly CaseResult[],
  rest: {
    readonly environment?: Partial<Environment>;
    readonly implementations?: readonly ImplementationRecord[];
    readonly results?: Partial<BenchResults>;
  } = {},
): BenchResults {
  const names = new Set(
    cases.flatMap(({ results }) => results.map(({ implementation }) => implementation)),
  );
  return {
    schema: SCHEMA,
    environment: {
      date: "2026-01-02T00:00:00.000Z",
      command: "papilio bench",
      adapter: testAdapter,
      platform: "linux-x64",
      processors: "2 x test",
      versions: { node: "24.0.0" },
      revision: null,
      load: { average: 0, busy: 0 },
      cacheBytes: null,
      clockSteps: { device: null, wall: null },
      rates: null,
      energy: { reason: "not asked for" },
      ...rest.environment,
    },
    options: { rounds: 3, minSample: 0.001, seed: 1, maxRunSeconds: null },
    implementations:
      rest.implementations ??
      [...names].map((name) => ({ name, description: "", processor: "adapter" })),
    cases,
    skipped: [],
    resumed: 0,
    complete: true,
    damagedLines: [],
    ...rest.results,
  };
}
