import type { Layout, StorageDtype, Verification } from "@papilio/butterfly";
import type { AdapterReport } from "@papilio/gpu-runtime";

/** Version of the results format; a file with another one is refused. */
export const SCHEMA = "papilio-bench/1";

/** Raw samples, in seconds for one run. */
export interface Timing {
  /** Preparation, compilation and the first run. */
  readonly coldSeconds: number;
  /** By the wall clock, from submission to completion. */
  readonly wall: readonly number[];
  /** By the device's timestamps; empty where it has none. */
  readonly device: readonly number[];
  /** Device time of the arithmetic alone; empty where nothing is rewritten. */
  readonly multiply: readonly number[];
  /** Device time of the memory rewriting, in the same runs; empty where nothing is rewritten. */
  readonly rewrite: readonly number[];
}

/** What became of an implementation on a case. */
export type ImplementationResult =
  | {
      readonly implementation: string;
      readonly status: "timed";
      readonly verification: Verification;
      /** Device memory held besides input and output. */
      readonly bytes: number;
      readonly timing: Timing;
    }
  | {
      readonly implementation: string;
      readonly status: "wrong";
      readonly verification: Verification;
    }
  | { readonly implementation: string; readonly status: "skipped"; readonly reason: string };

/** One case, with every implementation. */
export interface CaseResult {
  /** `a,b,c,d`. */
  readonly pattern: string;
  readonly batch: number;
  readonly dtype: StorageDtype;
  readonly layout: Layout;
  /** Vectors of the batch whose outputs were compared with float64. */
  readonly verifiedVectors: number;
  readonly results: readonly ImplementationResult[];
}

/** Where and how a run was made. */
export interface Environment {
  /** ISO 8601. */
  readonly date: string;
  /** The command that made the file. */
  readonly command: string;
  readonly adapter: AdapterReport;
  readonly platform: string;
  readonly processors: string;
  /** Of Node and of the packages that matter. */
  readonly versions: Readonly<Record<string, string>>;
  /** Load average of the machine over one minute when the run began; null where there is none. */
  readonly load: number | null;
}

/** A results file. */
export interface BenchResults {
  readonly schema: typeof SCHEMA;
  readonly environment: Environment;
  readonly options: { readonly rounds: number; readonly minSample: number; readonly seed: number };
  readonly cases: readonly CaseResult[];
  /** Cases that were not run, and why. */
  readonly skipped: readonly { readonly case: string; readonly reason: string }[];
  /** False when the run was stopped before its last case. */
  readonly complete: boolean;
}
