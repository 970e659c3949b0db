import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import * as v from "valibot";
import {
  anyNumber,
  having,
  options as optionsOf,
  requireShape,
  type Shape,
} from "../arguments/checks.ts";
import type { CaseKey } from "../cases/case.ts";
import type { ModelUnit } from "../results/model-results.ts";
import type { Clock } from "./clock.ts";
import type { Estimate } from "./statistics.ts";

export interface CompareOptions {
  /** A ratio beyond `1 + threshold`, its whole interval, is a regression; 0.1 by default. */
  readonly threshold?: number;
  /**
   * Name of an implementation: times are compared as multiples of its time on the same case in the
   * same run, so that a machine that was slower as a whole makes no difference.
   */
  readonly relativeTo?: string;
}

/** What of a model was run. */
export interface ModelKey {
  readonly model: string;
  readonly unit: ModelUnit;
  readonly units: number;
}

export type Verdict = "regression" | "improvement" | "unclear" | "unchanged";

/** One implementation on one case, in both runs. */
export interface Compared {
  readonly case: CaseKey | ModelKey;
  readonly name: string;
  /** Of a model: its linear layers, dtype and layout. */
  readonly implementation: string;
  readonly clock: Clock;
  /** Time after over time before, with its 95 % interval; above 1 is slower. */
  readonly ratio: Estimate;
  /** Fewest samples that any of the medians is of. */
  readonly samples: number;
  /**
   * `regression`, the whole interval above `1 + threshold`; `improvement`, the whole below its
   * inverse; `unchanged`, the whole within; `unclear`, anything else.
   */
  readonly verdict: Verdict;
}

/** What only one of the runs timed. */
export interface Unmatched {
  readonly name: string;
  readonly implementation: string;
  /** Why the other run has no time of it. */
  readonly reason: string;
}

/** Two runs, aligned. */
export interface Comparison {
  readonly threshold: number;
  readonly relativeTo: string | undefined;
  /** In the order of the run before. */
  readonly compared: readonly Compared[];
  /** Largest ratio first. */
  readonly regressions: readonly Compared[];
  /** Smallest ratio first. */
  readonly improvements: readonly Compared[];
  /** Implementations that were right on a case before, and are wrong now. */
  readonly broken: readonly Unmatched[];
  readonly onlyBefore: readonly Unmatched[];
  readonly onlyAfter: readonly Unmatched[];
  /** What makes the ratios doubtful. */
  readonly warnings: readonly string[];
}

/** What {@link CompareOptions} are. */
export const compareShape: Shape = optionsOf({ threshold: anyNumber, relativeTo: v.string() });

const comparisonShape = v.object({
  regressions: v.array(having("a comparison of a case")),
  broken: v.array(having("an implementation that is wrong")),
});

/** How much slower counts as a regression, unless said otherwise. */
export const COMPARE_THRESHOLD = 0.1;

/** @throws PapilioError `COMPARE_THRESHOLD` unless it is positive and finite */
export function requireThreshold(threshold: number): void {
  if (threshold > 0 && Number.isFinite(threshold)) return;
  throw new PapilioError(
    "COMPARE_THRESHOLD",
    `The threshold is ${threshold}.`,
    "Give a positive share, such as 0.1 for ten percent.",
  );
}

/**
 * A comparison of what was aligned, the worst first.
 *
 * @throws PapilioError `COMPARE_NOTHING` where nothing was
 */
export function conclude(
  threshold: number,
  relativeTo: string | undefined,
  found: Pick<Comparison, "compared" | "broken" | "onlyBefore" | "onlyAfter" | "warnings">,
): Comparison {
  const { compared, broken } = found;
  if (compared.length === 0 && broken.length === 0) throw nothing(relativeTo);
  return {
    threshold,
    relativeTo,
    regressions: withVerdict(compared, "regression").sort(
      (p, q) => q.ratio.median - p.ratio.median,
    ),
    improvements: withVerdict(compared, "improvement").sort(
      (p, q) => p.ratio.median - q.ratio.median,
    ),
    ...found,
  };
}

/** Whether a comparison found anything that became worse: slower beyond the threshold, or wrong. */
export function hasRegression(comparison: Comparison): boolean {
  requireShape("The comparison", comparison, comparisonShape);
  const { regressions, broken } = comparison;
  return regressions.length > 0 || broken.length > 0;
}

/**
 * The quotient of two independent estimates: distances from the medians, as logarithms, are added in
 * quadrature (the method of variance estimates recovery: Zou and Donner, Statistics in Medicine 27,
 * 2008).
 */
export function divide(p: Estimate, q: Estimate): Estimate {
  const value = p.median / q.median;
  const apart = (high: number, low: number): number => Math.max(0, Math.log(high / low));
  const down = Math.hypot(apart(p.median, p.lower), apart(q.upper, q.median));
  const up = Math.hypot(apart(p.upper, p.median), apart(q.median, q.lower));
  return { median: value, lower: value * Math.exp(-down), upper: value * Math.exp(up) };
}

/** What a ratio amounts to. */
export function judge({ lower, upper }: Estimate, threshold: number): Verdict {
  const slower = 1 + threshold;
  if (lower > slower) return "regression";
  if (upper < 1 / slower) return "improvement";
  return lower >= 1 / slower && upper <= slower ? "unchanged" : "unclear";
}

function withVerdict(compared: readonly Compared[], verdict: Verdict): Compared[] {
  return compared.filter((item) => item.verdict === verdict);
}

function nothing(relativeTo: string | undefined): PapilioError {
  return relativeTo === undefined
    ? new PapilioError(
        "COMPARE_NOTHING",
        "The two runs have no case and implementation in common.",
        "Give two results of the same suite or patterns.",
      )
    : new PapilioError(
        "COMPARE_NOTHING",
        `The two runs have nothing in common that could be compared with ${describeValue(relativeTo)}.`,
        "Name an implementation that both runs timed, or leave out the reference.",
      );
}
