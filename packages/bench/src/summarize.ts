import { cost, Pattern } from "@papilio/butterfly";
import { caseName } from "./case.ts";
import { FUSED } from "./implementations/registry.ts";
import type { BenchResults, CaseResult, ImplementationResult } from "./results.ts";
import { median, type Summary, summarizeSamples } from "./statistics.ts";

type Timed = Extract<ImplementationResult, { status: "timed" }>;

/** One implementation's place in a case. */
export interface Ranked {
  readonly implementation: string;
  /** Seconds for one run: device time where there is any, else wall time. */
  readonly time: Summary;
  /** By the wall clock, waiting for the device included. */
  readonly wall: Summary;
  /** Share of the device time that goes into memory rewriting, where it was measured. */
  readonly rewriting: number | undefined;
  readonly coldSeconds: number;
}

/** What a case's samples say. */
export interface CaseSummary {
  readonly name: string;
  readonly pattern: Pattern;
  readonly result: CaseResult;
  /** Implementations that were timed, fastest first. */
  readonly ranking: readonly Ranked[];
  /** Time of the best other implementation over the fused kernel's; undefined without both. */
  readonly speedup: number | undefined;
  /** Fused kernel's time over that of bmm's product alone, without its shuffles. */
  readonly overProduct: number | undefined;
}

/** What a run's cases say together, over those with several blocks (`a * d` > 1). */
export interface RunSummary {
  readonly cases: readonly CaseSummary[];
  /** Cases with several blocks in which the fused kernel and at least one other were timed. */
  readonly compared: number;
  /** Of those, cases in which the fused kernel is the fastest of all. */
  readonly fastest: number;
  readonly medianSpeedup: number | undefined;
  /** Median speed-up of the cases with `(b + c) / (b c)` of at least 1/16. */
  readonly medianSpeedupHighRatio: number | undefined;
  readonly highRatioCases: number;
  /** Median of the fused kernel's time over that of bmm's product without its shuffles. */
  readonly medianOverProduct: number | undefined;
  /** Median share of bmm's device time that goes into its shuffles, where it has any. */
  readonly medianRewriting: number | undefined;
  /** Cases in which another implementation is faster, worst first. */
  readonly losses: readonly CaseSummary[];
}

/** Seconds for one run of an implementation. */
function timeOf({ timing }: Timed): Summary {
  return summarizeSamples(timing.device.length > 0 ? timing.device : timing.wall);
}

/** Seconds of the arithmetic alone, without memory rewriting. */
function productOf(result: Timed): number {
  const { multiply } = result.timing;
  return multiply.length > 0 ? median(multiply) : timeOf(result).median;
}

function rewritingShare({ timing: { multiply, rewrite } }: Timed): number | undefined {
  if (rewrite.length === 0) return undefined;
  return median(rewrite.map((seconds, index) => seconds / (seconds + (multiply[index] as number))));
}

/** Ranks the implementations of a case. */
export function summarizeCase(result: CaseResult): CaseSummary {
  const pattern = Pattern.parse(result.pattern);
  const timed = result.results.filter(
    (entry): entry is Timed => entry.status === "timed" && entry.timing.wall.length > 0,
  );
  const ranking = timed
    .map((entry) => ({
      implementation: entry.implementation,
      time: timeOf(entry),
      wall: summarizeSamples(entry.timing.wall),
      rewriting: rewritingShare(entry),
      coldSeconds: entry.timing.coldSeconds,
    }))
    .sort((p, q) => p.time.median - q.time.median);
  const fused = ranking.find(({ implementation }) => implementation === FUSED);
  const other = ranking.find(({ implementation }) => implementation !== FUSED);
  const bmm = timed.find(({ implementation }) => implementation === "bmm");
  return {
    name: caseName({ ...result, pattern }),
    pattern,
    result,
    ranking,
    speedup: fused && other && other.time.median / fused.time.median,
    overProduct: fused && bmm && fused.time.median / productOf(bmm),
  };
}

/** Summarizes a whole run. */
export function summarizeRun(results: BenchResults): RunSummary {
  const cases = results.cases.map(summarizeCase);
  const several = cases.filter(
    ({ pattern, speedup }) => pattern.blocks > 1 && speedup !== undefined,
  );
  const speedups = (list: readonly CaseSummary[]): number[] =>
    list.map(({ speedup }) => speedup as number);
  const highRatio = several.filter(
    ({ pattern, result }) => cost(pattern, result.batch, result.dtype).ratio >= 1 / 16,
  );
  const defined = (values: readonly (number | undefined)[]): number[] =>
    values.filter((value) => value !== undefined);
  const medianOf = (values: readonly number[]): number | undefined =>
    values.length === 0 ? undefined : median(values);
  return {
    cases,
    compared: several.length,
    fastest: several.filter(({ speedup }) => (speedup as number) > 1).length,
    medianSpeedup: medianOf(speedups(several)),
    medianSpeedupHighRatio: medianOf(speedups(highRatio)),
    highRatioCases: highRatio.length,
    medianOverProduct: medianOf(defined(several.map(({ overProduct }) => overProduct))),
    medianRewriting: medianOf(
      defined(
        several.map(
          ({ ranking }) =>
            ranking.find(({ implementation }) => implementation === "bmm")?.rewriting,
        ),
      ),
    ),
    losses: several
      .filter(({ speedup }) => (speedup as number) <= 1)
      .sort((p, q) => (p.speedup as number) - (q.speedup as number)),
  };
}
