import type { Layout } from "@papilio/butterfly";
import type { AdapterReport } from "@papilio/gpu-runtime";
import type { Case } from "../cases/case.ts";
import type { BenchResults, Environment, Rates } from "../results/results.ts";

/** What is to be multiplied. Without a layout both are compared, and the answer names one. */
export interface Question extends Omit<Case, "layout"> {
  readonly layout?: Layout;
}

/** The part of a run's results that a selection reads. */
export interface Measured extends Pick<BenchResults, "cases" | "implementations"> {
  readonly environment: Pick<Environment, "adapter" | "date" | "rates">;
}

/** What the answer is to be found from. */
export interface SelectContext {
  /**
   * The adapter that is asked about, null for the CPU alone. Results of any other name or driver are not
   * used.
   */
  readonly adapter: Pick<AdapterReport, "name" | "driver" | "kind"> | null;
  /** Results of runs, on any adapter. */
  readonly results?: readonly Measured[];
  /** What the adapter reaches, as `measureRates` gives it: for the cost model. */
  readonly rates?: Rates;
  /** Threads of the CPU backend, for its cost model; as many as there are processors unless given. */
  readonly threads?: number;
  /** Which implementations may be chosen; all unless given, those on the CPU too. */
  readonly filter?: (implementation: string) => boolean;
}

/**
 * What a figure is from: `measured`, samples of this very case; `interpolated`, the cost model
 * corrected by other cases measured on the adapter; `model`, the cost model alone.
 */
export type Basis = "measured" | "interpolated" | "model";

/** A median, with the interval that covers 95 % where there is ground for one. */
export interface Quantity {
  readonly median: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** One way of answering a question. */
export interface Candidate {
  readonly implementation: string;
  readonly layout: Layout;
  /**
   * Seconds for one run. The interval is of the median where it was measured, and where it is
   * interpolated it is that of such predictions' errors on the measured cases.
   */
  readonly seconds: Quantity;
  readonly basis: Basis;
}

/** Which implementation is best, by how much, and how sure that is. */
export interface Selection {
  readonly best: string;
  /** The layout in which it is: the question's, or the faster one. */
  readonly layout: Layout;
  /** The best of the other implementations, in its own best layout; absent with only one. */
  readonly runnerUp?: string;
  /** The runner-up's time over the best one's; absent without a runner-up. */
  readonly advantage?: Quantity;
  /** The weaker of what the best one's and the runner-up's times are from. */
  readonly basis: Basis;
  /**
   * Probability that the chosen one is the fastest or needs at most 10 % longer than it, 0 to 1;
   * null where nothing tells, which is always so for the cost model alone.
   */
  readonly confidence: number | null;
  /** One to three sentences for people. */
  readonly explanation: string;
  /** All that were compared, fastest first. */
  readonly candidates: readonly Candidate[];
}

/** A choice that needs at most so many times the best one's time is as good. */
export const AS_GOOD = 1.1;
