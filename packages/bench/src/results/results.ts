import type { Verification } from "@papilio/butterfly";
import type { AdapterReport } from "@papilio/gpu-runtime";
import * as v from "valibot";
import { requireShape } from "../arguments/checks.ts";
import type { CaseKey } from "../cases/case.ts";
import type { Traffic } from "../implementations/implementation.ts";

/** Version of the results format. Other versions are refused. */
export const SCHEMA = "papilio-bench/2";

/** Raw samples, in seconds for one run. */
export interface Timing {
  /** Preparation, compilation and the first run. */
  readonly coldSeconds: number;
  /** Runs that a sample is the mean of; null where it was not recorded. */
  readonly repeats: number | null;
  /** By the wall clock around the same runs, from submission to completion. */
  readonly wall: readonly number[];
  /** By the device's timestamps; empty where it has none. */
  readonly device: readonly number[];
  /** Time of the arithmetic alone; empty where nothing is rewritten. */
  readonly multiply: readonly number[];
  /** Time of the memory rewriting, in the same runs; empty where nothing is rewritten. */
  readonly rewrite: readonly number[];
}

/** Energy of one multiplication, above what the device takes when idle. */
export interface Energy {
  /**
   * (mean power - idle power) x seconds / runs. Less than 0 where the machine was busier while its
   * idle power was taken.
   */
  readonly joules: number;
  /** Ends of the interval around `joules`: the meter's resolution and how much the power varies. */
  readonly lower: number;
  readonly upper: number;
  /** Mean power during the run, idle included. */
  readonly watts: number;
  /** Length of the measured window. */
  readonly seconds: number;
  /** Multiplications in the window. */
  readonly runs: number;
}

/** What became of an implementation on a case. */
export type ImplementationResult =
  | {
      readonly implementation: string;
      readonly status: "timed";
      readonly verification: Verification;
      /**
       * Of one that rounds its operands, which `verification` compares it with: how far the output is from the product of
       * the operands as they are, relative to that, by root mean squares.
       */
      readonly roundingError?: number;
      /** Memory held besides inputs and output. */
      readonly bytes: number;
      /** Null where the implementation does not say. */
      readonly traffic: Traffic | null;
      /**
       * How the factors of a product were divided into stages, where the implementation plans: those
       * with equal plans ran the same program.
       */
      readonly plan?: string;
      readonly timing: Timing;
      /** Null without a meter, which the environment explains. */
      readonly energy: Energy | null;
    }
  | {
      readonly implementation: string;
      readonly status: "wrong";
      readonly verification: Verification;
    }
  | { readonly implementation: string; readonly status: "skipped"; readonly reason: string };

/** One case, with every implementation. */
export interface CaseResult extends CaseKey {
  /** Vectors of the batch whose outputs were compared with float64; of a gradient, values of the factor. */
  readonly verifiedVectors: number;
  /** Copies of the input, read in turn; null where it was not recorded. */
  readonly inputs: number | null;
  /** Time that the whole case took, preparation and verification included. */
  readonly seconds: number | null;
  readonly results: readonly ImplementationResult[];
  /** Where it was measured, where a worker did so: of others it is the run's. */
  readonly environment?: Environment;
}

/** A case that was not run. */
export interface SkippedCase extends CaseKey {
  /** `device`: it does not fit, and never will; `budget`: there was no time left. */
  readonly cause: "device" | "budget";
  readonly reason: string;
}

/** How busy the machine was before the run began. */
export interface Load {
  /** Load average over one minute; null where there is none. */
  readonly average: number | null;
  /** Share of all cores' time that other work took, 0 to 1; null where it was not measured. */
  readonly busy: number | null;
}

/** Which meter measured the energy, or why none did. */
export type EnergySource =
  | { readonly meter: string; readonly idleWatts: number }
  | { readonly reason: string };

/** What the adapter reached when it was asked to do nothing else. */
export interface Rates {
  /** Bytes read and bytes written by a copy kernel, together, in a second. */
  readonly copyBytesPerSecond: number;
  /** Multiplications and additions in float32 registers, in a second. */
  readonly flopsPerSecond: number;
  /** Seconds of a dispatch that does nothing. */
  readonly dispatchSeconds: number;
}

/** Where and how a run was made. */
export interface Environment {
  /** ISO 8601. */
  readonly date: string;
  /** The command that made the file. */
  readonly command: string;
  /** Null where none was opened: all was computed on the CPU. */
  readonly adapter: AdapterReport | null;
  readonly platform: string;
  readonly processors: string;
  /** Of Node and of the packages that matter. */
  readonly versions: Readonly<Record<string, string>>;
  /** Git revision of the program, with `+` when files were changed; null outside a repository. */
  readonly revision: string | null;
  readonly load: Load;
  /** Bytes of the last-level cache that inputs must exceed together; null when unknown. */
  readonly cacheBytes: number | null;
  /** Smallest steps of the clocks that were seen, in seconds; null where there is no such clock. */
  readonly clockSteps: { readonly device: number | null; readonly wall: number | null };
  /** Null where they were not measured. */
  readonly rates: Rates | null;
  readonly energy: EnergySource;
}

const machineShape = v.object({
  adapter: v.nullable(v.object({ name: v.string() })),
  processors: v.string(),
});

/** What a run computed on, by name: its adapter, or without one the processors. */
export function machineName(environment: Pick<Environment, "adapter" | "processors">): string {
  requireShape("The environment", environment, machineShape);
  const { adapter, processors } = environment;
  return adapter?.name ?? `the CPU (${processors})`;
}

/** How the samples were taken. */
export interface MeasureRecord {
  readonly rounds: number;
  /** Shortest sample, in seconds. */
  readonly minSample: number;
  readonly seed: number;
  /** Longest run that an implementation may take before it is skipped; null without a limit. */
  readonly maxRunSeconds: number | null;
}

/** An implementation that a run compares. */
export interface ImplementationRecord {
  readonly name: string;
  readonly description: string;
  readonly processor: "adapter" | "cpu";
}

/** First line of a results file. */
export interface RunRecord {
  readonly record: "run";
  readonly schema: typeof SCHEMA;
  readonly environment: Environment;
  readonly options: MeasureRecord;
  readonly implementations: readonly ImplementationRecord[];
}

/** A line of a results file. Lines are appended as they come; of two on one case the later counts. */
export type ResultRecord =
  | RunRecord
  | ({ readonly record: "case" } & CaseResult)
  | ({ readonly record: "skip" } & SkippedCase)
  /** The run was stopped, and went on from here. */
  | { readonly record: "resume"; readonly date: string; readonly load: Load }
  /** Every case is measured or skipped. */
  | { readonly record: "end"; readonly date: string };

/** A results file, read. */
export interface BenchResults {
  readonly schema: typeof SCHEMA;
  readonly environment: Environment;
  readonly options: MeasureRecord;
  readonly implementations: readonly ImplementationRecord[];
  readonly cases: readonly CaseResult[];
  readonly skipped: readonly SkippedCase[];
  /** How often the run was stopped and went on. */
  readonly resumed: number;
  /** False when the run was stopped before its last case. */
  readonly complete: boolean;
  /** Lines that could not be read, such as one that was being written when the power failed. */
  readonly damagedLines: readonly number[];
}
