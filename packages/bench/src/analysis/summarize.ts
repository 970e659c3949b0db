import { Chain, chainCost, type FloatDtype, type Layout } from "@papilio/butterfly";
import { requireFunction, requireOneOf } from "@papilio/butterfly/errors";
import { ascending, median, quantile } from "@papilio/butterfly/numeric";
import * as v from "valibot";
import { anyNumber, requireShape, type Shape } from "../arguments/checks.ts";
import { shortCaseName } from "../cases/case.ts";
import { FUSED, isOurs } from "../implementations/registry.ts";
import { requireCaseResult, requireResults } from "../results/require-results.ts";
import type { BenchResults, CaseResult, Energy } from "../results/results.ts";
import { type Clock, commonClock, runClock, type Timed, timedOf } from "./clock.ts";
import { type Estimate, estimateMedian, estimateRatio, estimateShape } from "./statistics.ts";

/** An interval wider than this share of its median, on either side, is called wide. */
export const WIDE_INTERVAL = 0.1;

/** A share of the processors' time above this, taken by other programs, makes times doubtful. */
export const BUSY_MACHINE = 0.1;

/** One implementation's place in a case. */
export interface Ranked {
  readonly implementation: string;
  /** Seconds for one run, by the clock of the summary. */
  readonly time: Estimate;
  /** Quartiles of the same samples. */
  readonly quartiles: { readonly lower: number; readonly upper: number };
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
  /** By which clock all times are. */
  readonly clock: Clock;
  /** Implementations that were timed, fastest first. */
  readonly ranking: readonly Ranked[];
  /** The fastest of Papilio's own, and the fastest of the others. */
  readonly ours: Ranked | undefined;
  readonly other: Ranked | undefined;
  /** The other's time over ours; undefined without both. */
  readonly speedup: Estimate | undefined;
  /** Fused kernel's time over that of bmm's product alone, without its shuffles. */
  readonly overProduct: number | undefined;
}

/** What a number of cases say together. */
export interface GroupSummary {
  /** Cases in which one of Papilio's own and at least one other were timed. */
  readonly compared: number;
  /** Of those, cases in which Papilio's is the faster: {@link outcomeOf} says `win`. */
  readonly fastest: number;
  /** Of those, cases in which both are as fast as each other: {@link outcomeOf} says `even`. */
  readonly even: number;
  /** Of those, cases in which the confidence interval of the speed-up lies above 1. */
  readonly surelyFastest: number;
  /** Median and range of the speed-up of the best of Papilio's over the best other. */
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
  /** By which clock all times are. */
  readonly clock: Clock;
  readonly all: GroupSummary;
  /** Those with `(b + c) / (b c)` of at least 1/16. */
  readonly highRatio: GroupSummary;
  readonly groups: readonly (GroupSummary & {
    readonly dtype: FloatDtype;
    readonly layout: Layout;
  })[];
  /** Cases in which another is faster than all of Papilio's, worst first: {@link outcomeOf} says `loss`. */
  readonly losses: readonly CaseSummary[];
  /** Medians whose interval reaches further than {@link WIDE_INTERVAL} from them, and how many there are. */
  readonly wide: { readonly count: number; readonly of: number };
}

const medianShape = v.object({ median: anyNumber });
const rankedShape = v.object({
  implementation: v.string(),
  time: estimateShape,
  coldSeconds: anyNumber,
  rewriting: v.optional(anyNumber),
});

/** What of a {@link CaseSummary} is shown. */
export const caseSummaryShape: Shape = v.object({
  name: v.string(),
  ranking: v.array(rankedShape),
  ours: v.optional(rankedShape),
  other: v.optional(rankedShape),
  speedup: v.optional(estimateShape),
});

/** Which implementations are compared: by default all. */
export type Filter = (implementation: string) => boolean;

/**
 * The fused kernel's time over that of bmm's product without its shuffles. The parts of a run are timed by
 * the device's clock where bmm has one: the fused kernel's time is then by that one too.
 */
function overProductOf(fused: Timed | undefined, bmm: Timed | undefined): number | undefined {
  if (fused === undefined || bmm === undefined) return undefined;
  const clock = commonClock([fused.timing, bmm.timing]);
  const { multiply, device } = bmm.timing;
  if (multiply.length > 0 && device.length > 0 && clock !== "device") return undefined;
  const product = multiply.length > 0 ? multiply : bmm.timing[clock];
  return median(fused.timing[clock]) / median(product);
}

function rewritingShare({ timing: { multiply, rewrite } }: Timed): number | undefined {
  if (rewrite.length === 0) return undefined;
  return median(rewrite.map((seconds, index) => seconds / (seconds + (multiply[index] as number))));
}

function rewritingBytesShare({ traffic }: Timed): number | undefined {
  if (traffic === null || traffic.rewrite === 0) return undefined;
  return traffic.rewrite / (traffic.rewrite + traffic.multiply);
}

function rank(entry: Timed, clock: Clock): Ranked {
  const samples = entry.timing[clock];
  const sorted = ascending(samples);
  return {
    implementation: entry.implementation,
    time: estimateMedian(samples),
    quartiles: { lower: quantile(sorted, 0.25), upper: quantile(sorted, 0.75) },
    rewriting: rewritingShare(entry),
    rewritingBytes: rewritingBytesShare(entry),
    coldSeconds: entry.timing.coldSeconds,
    energy: entry.energy,
  };
}

/** Ranks the implementations of a case, by one clock: the run's, or else the case's own. */
export function summarizeCase(
  result: CaseResult,
  filter: Filter = () => true,
  clock: Clock = runClock({ cases: [result] }),
): CaseSummary {
  requireCaseResult(result);
  requireFunction("The filter", filter);
  requireOneOf("The clock", clock, ["device", "wall"]);
  const chain = Chain.parse(result.chain);
  const timed = timedOf(result.results).filter(({ implementation }) => filter(implementation));
  const find = (name: string | undefined): Timed | undefined =>
    timed.find(({ implementation }) => implementation === name);
  const ranking = timed
    .map((entry) => rank(entry, clock))
    .sort((p, q) => p.time.median - q.time.median);
  // What rounds its operands is no rival of what does not.
  const exact = ranking.filter(
    ({ implementation }) => find(implementation)?.roundingError === undefined,
  );
  const ours = exact.find(({ implementation }) => isOurs(implementation));
  const other = exact.find(({ implementation }) => !isOurs(implementation));
  const [own, best] = [find(ours?.implementation), find(other?.implementation)];
  return {
    name: shortCaseName(result),
    chain,
    result,
    ratio: ratioOf(chain),
    clock,
    ranking,
    ours,
    other,
    speedup: own && best && estimateRatio(best.timing[clock], own.timing[clock]),
    overProduct: overProductOf(find(FUSED), find("bmm")),
  };
}

/** What a speed-up amounts to, to the two digits with which it is shown: ×1.00 is neither won nor lost. */
export function outcomeOf(speedup: Estimate): "win" | "even" | "loss" {
  requireShape("The speed-up", speedup, medianShape);
  const { median: value } = speedup;
  const shown = Number(value.toFixed(2));
  return shown > 1 ? "win" : shown < 1 ? "loss" : "even";
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
    fastest: speedups.filter((speedup) => outcomeOf(speedup) === "win").length,
    even: speedups.filter((speedup) => outcomeOf(speedup) === "even").length,
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

/** Of all implementations of a case, by the clock: a run is summarized again as its cases come. */
const summaries = new WeakMap<CaseResult, CaseSummary>();

function summaryOf(result: CaseResult, clock: Clock): CaseSummary {
  const known = summaries.get(result);
  if (known?.clock === clock) return known;
  const summary = summarizeCase(result, undefined, clock);
  summaries.set(result, summary);
  return summary;
}

/**
 * Summarizes a whole run. Without a filter, a case that was summarized before is not again: its samples
 * are not to be changed.
 */
export function summarizeRun(results: BenchResults, filter?: Filter): RunSummary {
  requireResults(results);
  if (filter !== undefined) requireFunction("The filter", filter);
  // Of the whole run, whatever the filter: a part of it is by the clock of the whole.
  const clock = runClock(results);
  const cases = results.cases.map((item) =>
    filter === undefined ? summaryOf(item, clock) : summarizeCase(item, filter, clock),
  );
  const several = cases.filter(
    ({ chain, speedup }) =>
      speedup !== undefined && chain.patterns.some(({ blocks }) => blocks > 1),
  );
  const times = cases.flatMap(({ ranking }) => ranking.map(({ time }) => time));
  const groups = Map.groupBy(several, ({ result }) => `${result.dtype} ${result.layout}`);
  return {
    cases,
    clock,
    all: group(several),
    highRatio: group(several.filter(({ ratio }) => ratio >= 1 / 16)),
    groups: [...groups.values()].map((members) => {
      const { dtype, layout } = (members[0] as CaseSummary).result;
      return { dtype, layout, ...group(members) };
    }),
    losses: several
      .filter(({ speedup }) => outcomeOf(speedup as Estimate) === "loss")
      .sort((p, q) => (p.speedup as Estimate).median - (q.speedup as Estimate).median),
    wide: { count: times.filter(isWide).length, of: times.length },
  };
}

/** Whether a median's interval reaches further from it than {@link WIDE_INTERVAL} of it. */
export function isWide(estimate: Estimate): boolean {
  requireShape("The estimate", estimate, estimateShape);
  const { median: value, lower, upper } = estimate;
  return Math.max(upper - value, value - lower) > WIDE_INTERVAL * value;
}

const outcomesShape = v.object({
  cases: v.array(v.object({ results: v.array(v.object({ status: v.string() })) })),
});

/** Whether any implementation gave a wrong answer. */
export function hasWrongAnswer(run: Pick<BenchResults, "cases">): boolean {
  requireShape("The run", run, outcomesShape);
  const { cases } = run;
  return cases.some((item) => item.results.some(({ status }) => status === "wrong"));
}
