import { Chain, chainCost, type Layout, type StorageDtype } from "@papilio/butterfly";
import { shortCaseName } from "./case.ts";
import { FUSED } from "./implementations/registry.ts";
import type { BenchResults, CaseResult, Energy, ImplementationResult } from "./results.ts";
import {
  ascending,
  type Estimate,
  estimateMedian,
  estimateRatio,
  median,
  quantile,
} from "./statistics.ts";

type Timed = Extract<ImplementationResult, { status: "timed" }>;

/** An interval wider than this share of its median, on either side, is called wide. */
export const WIDE_INTERVAL = 0.1;

/** A share of the processors' time above this, taken by other programs, makes times doubtful. */
export const BUSY_MACHINE = 0.1;

/** One implementation's place in a case. */
export interface Ranked {
  readonly implementation: string;
  /** Seconds for one run, by `clock`. */
  readonly time: Estimate;
  /** Quartiles of the same samples. */
  readonly quartiles: { readonly lower: number; readonly upper: number };
  /** Which clock `time` is from: the device's where there is one. */
  readonly clock: "device" | "wall";
  /** By the wall clock, waiting for the device included. */
  readonly wall: Estimate;
  /** Share of the time that goes into memory rewriting, where it was measured. */
  readonly rewriting: number | undefined;
  /** Share of the bytes moved that memory rewriting moves, where it is known. */
  readonly rewritingBytes: number | undefined;
  readonly coldSeconds: number;
  readonly energy: Energy | null;
}

/** What a case's samples say. */
export interface CaseSummary {
  readonly name: string;
  readonly chain: Chain;
  readonly result: CaseResult;
  /** `(b + c) / (b*c)`, the mean over the factors weighted by their multiplications. */
  readonly ratio: number;
  /** Implementations that were timed, fastest first. */
  readonly ranking: readonly Ranked[];
  /** The fastest other than the fused kernel; undefined without both. */
  readonly bestOther: string | undefined;
  /** Its time over the fused kernel's, by a clock that both have. */
  readonly speedup: Estimate | undefined;
  /** Fused kernel's time over that of bmm's product alone, without its shuffles. */
  readonly overProduct: number | undefined;
}

/** What a number of cases say together. */
export interface GroupSummary {
  /** Cases in which the fused kernel and at least one other were timed. */
  readonly compared: number;
  /** Of those, cases in which the fused kernel is the fastest of all. */
  readonly fastest: number;
  /** Of those, cases in which the confidence interval of the speed-up lies above 1. */
  readonly surelyFastest: number;
  /** Median and range of the speed-up over the best other; undefined without cases. */
  readonly speedup:
    | { readonly median: number; readonly least: number; readonly most: number }
    | undefined;
  /** Median of the fused kernel's time over that of bmm's product without its shuffles. */
  readonly overProduct: number | undefined;
  /** Median share of bmm's time, and of its bytes, that goes into its shuffles. */
  readonly rewriting: number | undefined;
  readonly rewritingBytes: number | undefined;
}

/** What a run's cases say together, over those with several blocks in a factor (`a * d` > 1). */
export interface RunSummary {
  /** All cases, those of one block too. */
  readonly cases: readonly CaseSummary[];
  readonly all: GroupSummary;
  /** Those with `(b + c) / (b c)` of at least 1/16. */
  readonly highRatio: GroupSummary;
  readonly groups: readonly (GroupSummary & {
    readonly dtype: StorageDtype;
    readonly layout: Layout;
  })[];
  /** Cases in which another implementation is faster, worst first. */
  readonly losses: readonly CaseSummary[];
  /** Medians whose interval reaches further than {@link WIDE_INTERVAL} from them, and how many there are. */
  readonly wide: { readonly count: number; readonly of: number };
}

/** Which implementations are compared: by default all. */
export type Filter = (implementation: string) => boolean;

function samplesOf({ timing }: Timed, clock: "device" | "wall"): readonly number[] {
  return timing[clock];
}

function clockOf({ timing }: Timed): "device" | "wall" {
  return timing.device.length > 0 ? "device" : "wall";
}

/** Seconds of the arithmetic alone, without memory rewriting. */
function productOf(result: Timed): number {
  const { multiply } = result.timing;
  return median(multiply.length > 0 ? multiply : samplesOf(result, clockOf(result)));
}

function rewritingShare({ timing: { multiply, rewrite } }: Timed): number | undefined {
  if (rewrite.length === 0) return undefined;
  return median(rewrite.map((seconds, index) => seconds / (seconds + (multiply[index] as number))));
}

function rewritingBytesShare({ traffic }: Timed): number | undefined {
  if (traffic === null || traffic.rewrite === 0) return undefined;
  return traffic.rewrite / (traffic.rewrite + traffic.multiply);
}

function rank(entry: Timed): Ranked {
  const clock = clockOf(entry);
  const samples = samplesOf(entry, clock);
  const sorted = ascending(samples);
  return {
    implementation: entry.implementation,
    time: estimateMedian(samples),
    quartiles: { lower: quantile(sorted, 0.25), upper: quantile(sorted, 0.75) },
    clock,
    wall: estimateMedian(entry.timing.wall),
    rewriting: rewritingShare(entry),
    rewritingBytes: rewritingBytesShare(entry),
    coldSeconds: entry.timing.coldSeconds,
    energy: entry.energy,
  };
}

/** The time of `other` over that of `one`, by the device's clock if both have one. */
function timeRatio(other: Timed, one: Timed): Estimate {
  const clock = clockOf(other) === clockOf(one) ? clockOf(one) : "wall";
  return estimateRatio(samplesOf(other, clock), samplesOf(one, clock));
}

/** Ranks the implementations of a case. */
export function summarizeCase(result: CaseResult, filter: Filter = () => true): CaseSummary {
  const chain = Chain.parse(result.chain);
  const timed = result.results.filter(
    (entry): entry is Timed =>
      entry.status === "timed" && entry.timing.wall.length > 0 && filter(entry.implementation),
  );
  const fused = timed.find(({ implementation }) => implementation === FUSED);
  const bmm = timed.find(({ implementation }) => implementation === "bmm");
  const best =
    fused &&
    timed
      .filter((entry) => entry !== fused)
      .map((entry) => ({ entry, ratio: timeRatio(entry, fused) }))
      .sort((p, q) => p.ratio.median - q.ratio.median)[0];
  return {
    name: shortCaseName(result),
    chain,
    result,
    ratio: ratioOf(chain),
    ranking: timed.map(rank).sort((p, q) => p.time.median - q.time.median),
    bestOther: best?.entry.implementation,
    speedup: best?.ratio,
    overProduct: fused && bmm && median(samplesOf(fused, clockOf(fused))) / productOf(bmm),
  };
}

function ratioOf(chain: Chain): number {
  // Each multiplication needs one element of input for every b, and one of output for every c.
  const elements = chain.patterns.reduce((sum, { rows, cols }) => sum + rows + cols, 0);
  return elements / (chainCost(chain, 1, "f32").flops / 2);
}

function group(cases: readonly CaseSummary[]): GroupSummary {
  const speedups = cases.map(({ speedup }) => speedup as Estimate);
  const medians = speedups.map(({ median: value }) => value);
  const bmm = cases.flatMap(({ ranking }) =>
    ranking.filter(({ implementation }) => implementation === "bmm"),
  );
  return {
    compared: cases.length,
    fastest: medians.filter((value) => value > 1).length,
    surelyFastest: speedups.filter(({ lower }) => lower > 1).length,
    speedup:
      cases.length === 0
        ? undefined
        : { median: median(medians), least: Math.min(...medians), most: Math.max(...medians) },
    overProduct: medianOfDefined(cases.map(({ overProduct }) => overProduct)),
    rewriting: medianOfDefined(bmm.map(({ rewriting }) => rewriting)),
    rewritingBytes: medianOfDefined(bmm.map(({ rewritingBytes }) => rewritingBytes)),
  };
}

function medianOfDefined(values: readonly (number | undefined)[]): number | undefined {
  const defined = values.filter((value) => value !== undefined);
  return defined.length === 0 ? undefined : median(defined);
}

/** Summarizes a whole run. */
export function summarizeRun(results: BenchResults, filter?: Filter): RunSummary {
  const cases = results.cases.map((item) => summarizeCase(item, filter));
  const several = cases.filter(
    ({ chain, speedup }) =>
      speedup !== undefined && chain.patterns.some(({ blocks }) => blocks > 1),
  );
  const times = cases.flatMap(({ ranking }) => ranking.map(({ time }) => time));
  const groups = Map.groupBy(several, ({ result }) => `${result.dtype} ${result.layout}`);
  return {
    cases,
    all: group(several),
    highRatio: group(several.filter(({ ratio }) => ratio >= 1 / 16)),
    groups: [...groups.values()].map((members) => {
      const { dtype, layout } = (members[0] as CaseSummary).result;
      return { dtype, layout, ...group(members) };
    }),
    losses: several
      .filter(({ speedup }) => (speedup as Estimate).median <= 1)
      .sort((p, q) => (p.speedup as Estimate).median - (q.speedup as Estimate).median),
    wide: { count: times.filter(isWide).length, of: times.length },
  };
}

/** Whether a median's interval reaches further from it than {@link WIDE_INTERVAL} of it. */
export function isWide({ median: value, lower, upper }: Estimate): boolean {
  return Math.max(upper - value, value - lower) > WIDE_INTERVAL * value;
}
