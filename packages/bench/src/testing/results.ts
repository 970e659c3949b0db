import { Chain } from "@papilio/butterfly";
import type { AdapterReport } from "@papilio/gpu-runtime";
import { type Case, caseKey } from "../cases/case.ts";
import type {
  BenchResults,
  CaseResult,
  Environment,
  ImplementationRecord,
  ImplementationResult,
  Rates,
  Timing,
} from "../results/results.ts";
import { SCHEMA } from "../results/results.ts";

const verification = {
  ok: true,
  maxError: 1e-7,
  maxRatio: 0.1,
  worstIndex: 0,
  rmsRelative: 1e-8,
  nonFinite: 0,
};

type Timed = Extract<ImplementationResult, { status: "timed" }>;

/**
 * A timed implementation whose device samples are given, in seconds. The wall clock sees twice as
 * much. With `roles`, a quarter of its bytes are rewriting.
 */
export function timed(
  implementation: string,
  device: readonly number[],
  roles: Partial<Pick<Timing, "multiply" | "rewrite">> = {},
): Timed {
  return {
    implementation,
    status: "timed",
    verification,
    bytes: 1024,
    traffic: roles.rewrite === undefined ? null : { multiply: 3000, rewrite: 1000 },
    energy: null,
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

/** A timed implementation that only the wall clock sees, as one on the CPU. */
export function timedByWall(implementation: string, wall: readonly number[]): Timed {
  const result = timed(implementation, []);
  return { ...result, timing: { ...result.timing, wall } };
}

export function wrong(implementation: string): ImplementationResult {
  return { implementation, status: "wrong", verification: { ...verification, ok: false } };
}

export function skipped(implementation: string, reason = "too large"): ImplementationResult {
  return { implementation, status: "skipped", reason };
}

/** A case by its chain's text; f32, batch-last and a batch of 128 unless given. */
export function itemOf(chain: string, rest: Partial<Omit<Case, "chain">> = {}): Case {
  return { chain: Chain.parse(chain), batch: 128, dtype: "f32", layout: "batch-last", ...rest };
}

export function resultOf(item: Case, results: readonly ImplementationResult[]): CaseResult {
  return { ...caseKey(item), verifiedVectors: 8, inputs: 2, seconds: 1.5, results };
}

/** A result by its chain's text; f32, batch-last and a batch of 128. */
export function caseOf(chain: string, results: readonly ImplementationResult[]): CaseResult {
  return resultOf(itemOf(chain), results);
}

export const testAdapter: AdapterReport = {
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

export const testEnvironment: Environment & { readonly adapter: AdapterReport } = {
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
};

/** A whole run; its implementations are those of the cases, all on the adapter unless given. */
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
    environment: { ...testEnvironment, ...rest.environment },
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
