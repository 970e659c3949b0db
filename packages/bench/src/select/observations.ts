import { Chain, type FloatDtype, type Layout, type Pattern } from "@papilio/butterfly";
import { median } from "@papilio/butterfly/numeric";
import { type Clock, commonClock, type Timed, timedOf } from "../analysis/clock.ts";
import { caseName } from "../cases/case.ts";
import type { CaseResult, Rates } from "../results/results.ts";
import { factorsOf, isModelled, secondsOf, type Work, workOf } from "./predict.ts";
import type { Measured, SelectContext } from "./question.ts";

/** A case of a run on the adapter that is asked about. */
export interface Observed {
  readonly result: CaseResult;
  readonly chain: Chain;
  readonly name: string;
  readonly date: string;
  /** Implementations that may be chosen and were timed by the clock that all have. */
  readonly timed: readonly Timed[];
}

/** Measured cases that can be compared with one another. */
export interface Observations {
  readonly cases: readonly Observed[];
  readonly clock: Clock;
  readonly rates: Rates;
  /** Runs that were left aside because they are of another adapter. */
  readonly otherRuns: number;
}

/** Whether a run was made on the adapter that is asked about. */
function isSameAdapter({ environment }: Measured, adapter: SelectContext["adapter"]): boolean {
  return (["name", "driver", "kind"] as const).every(
    (part) => environment.adapter?.[part] === adapter?.[part],
  );
}

/**
 * Gathers what was measured on the adapter. Times are by the device's clock where every
 * implementation has it, else all by the wall clock: two clocks cannot be compared.
 */
export function observe({
  results = [],
  adapter,
  rates,
  filter = () => true,
}: SelectContext): Observations {
  const same = results.filter((run) => isSameAdapter(run, adapter));
  // Of all that was timed, chosen from or not, as in the tables of these runs.
  const clock = commonClock(
    same.flatMap(({ cases }) =>
      cases.flatMap(({ results: all }) => timedOf(all).map(({ timing }) => timing)),
    ),
  );
  const entries = same.flatMap((run) =>
    run.cases
      // What is multiplied in double precision says nothing of the others.
      .filter(({ operation, dtype }) => operation === undefined && dtype !== "f64")
      .map((result) => ({
        result,
        date: run.environment.date,
        // What rounds its operands is no answer to how to multiply by them.
        timed: timedOf(result.results).filter(
          ({ implementation, roundingError }) =>
            roundingError === undefined && filter(implementation),
        ),
      })),
  );
  const cases = entries
    .filter(({ timed }) => timed.length > 0)
    .map((entry) => ({
      ...entry,
      chain: Chain.parse(entry.result.chain),
      name: caseName(entry.result),
      // A clock that saw no time at all says nothing.
      timed: entry.timed.filter((item) => median(item.timing[clock]) > 0),
    }));
  const measuredRates = same
    .toSorted((p, q) => q.environment.date.localeCompare(p.environment.date))
    .find(({ environment }) => environment.rates !== null)?.environment.rates;
  return {
    cases,
    clock,
    rates: rates ?? measuredRates ?? reachedRates(cases, clock),
    otherRuns: results.length - same.length,
  };
}

/**
 * The slowest rates by which the cost model exceeds no measured time: for results that came without
 * measured ones. They give a prediction its shape; its scale is from the measured cases.
 */
function reachedRates(cases: readonly Observed[], clock: Clock): Rates {
  const points = cases.flatMap(({ result, chain, timed }) =>
    timed
      .filter(({ implementation }) => isModelled(implementation))
      .map(({ implementation, timing }) => ({
        work: factorsOf(implementation, { chain })
          .map((pattern) => workOf(implementation, pattern, result.batch, result.dtype))
          .reduce(add),
        seconds: median(timing[clock]),
      })),
  );
  const most = (of: (work: Work) => number): number =>
    points.reduce((rate, { work, seconds }) => Math.max(rate, of(work) / seconds), 1);
  const rates = {
    copyBytesPerSecond: most(({ bytes }) => bytes),
    flopsPerSecond: most(({ flops }) => flops),
    dispatchSeconds: 0,
  };
  const spare = points.map(({ work, seconds }) =>
    Math.max(0, (seconds - secondsOf(work, rates)) / work.dispatches),
  );
  return { ...rates, dispatchSeconds: spare.reduce((least, one) => Math.min(least, one), 1e-3) };
}

function add(p: Work, q: Work): Work {
  return {
    bytes: p.bytes + q.bytes,
    flops: p.flops + q.flops,
    dispatches: p.dispatches + q.dispatches,
  };
}

/** Where a factor lies among the others: how like two are is the distance between their points. */
export type Point = readonly number[];

/**
 * Coordinates of one factor of a case. A doubling of a block's side counts as 1; the number of
 * blocks and the batch, of which a large one is like a larger one, count half.
 */
export function pointOf(
  { a, b, c, d }: Pattern,
  { batch, dtype, layout }: { batch: number; dtype: FloatDtype; layout: Layout },
): Point {
  const [inner, outer] = [1, 0.5];
  return [
    outer * Math.log2(a),
    inner * Math.log2(b),
    inner * Math.log2(c),
    outer * Math.log2(d),
    outer * Math.log2(batch),
    dtype === "f16" ? 1 : 0,
    layout === "batch-last" ? 2 : 0,
  ];
}
