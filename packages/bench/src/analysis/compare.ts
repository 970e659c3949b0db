import { median } from "@papilio/butterfly/numeric";
import { requireShape } from "../arguments/checks.ts";
import { caseName } from "../cases/case.ts";
import { requireResults } from "../results/require-results.ts";
import type { BenchResults, CaseResult, ImplementationResult } from "../results/results.ts";
import { commonClock, type Timed } from "./clock.ts";
import { warningsOf } from "./compare-warnings.ts";
import {
  COMPARE_THRESHOLD,
  type Compared,
  type CompareOptions,
  type Comparison,
  compareShape,
  conclude,
  divide,
  judge,
  requireThreshold,
  type Unmatched,
} from "./comparison.ts";
import { estimateRatio } from "./statistics.ts";

/**
 * Aligns two runs by case and implementation, and compares the times, always by a clock that both
 * have.
 *
 * @throws PapilioError `COMPARE_THRESHOLD` unless it is positive and finite; `COMPARE_NOTHING` when
 * the runs have no timed case and implementation in common, or none with the reference
 */
export function compareRuns(
  before: BenchResults,
  after: BenchResults,
  options: CompareOptions = {},
): Comparison {
  requireResults(before);
  requireResults(after);
  requireShape("The options of compareRuns", options, compareShape);
  const { threshold = COMPARE_THRESHOLD, relativeTo } = options;
  requireThreshold(threshold);
  const [old, now] = [index(before), index(after)];
  const compared: Compared[] = [];
  const broken: Unmatched[] = [];
  const onlyBefore: Unmatched[] = [];
  for (const [name, earlier] of old) {
    const later = now.get(name);
    for (const entry of timedOf(earlier)) {
      const { implementation } = entry;
      if (implementation === relativeTo) continue;
      const other = later && find(later, implementation);
      if (other?.status !== "timed" || !isPositive(other)) {
        const list = other?.status === "wrong" ? broken : onlyBefore;
        list.push({ name, implementation, reason: reasonOf(later, other) });
        continue;
      }
      const references =
        relativeTo === undefined
          ? undefined
          : [find(earlier, relativeTo), find(later as CaseResult, relativeTo)];
      const pair = compareTimes(entry, other, references);
      if (pair === undefined) {
        onlyBefore.push({
          name,
          implementation,
          reason: `${relativeTo} is not timed in both runs`,
        });
        continue;
      }
      const { chain, batch, dtype, layout } = earlier;
      compared.push({
        case: { chain, batch, dtype, layout },
        name,
        implementation,
        ...pair,
        verdict: judge(pair.ratio, threshold),
      });
    }
  }
  return conclude(threshold, relativeTo, {
    compared,
    broken,
    onlyBefore,
    onlyAfter: unmatched(now, old, relativeTo),
    warnings: warningsOf(before, after, compared),
  });
}

/** Cases by name; of two on one case the later counts. */
function index({ cases }: BenchResults): Map<string, CaseResult> {
  return new Map(cases.map((item) => [caseName(item), item]));
}

function find(item: CaseResult, implementation: string): ImplementationResult | undefined {
  return item.results.find((entry) => entry.implementation === implementation);
}

function timedOf({ results }: CaseResult): Timed[] {
  return results.filter((entry): entry is Timed => entry.status === "timed" && isPositive(entry));
}

/** Whether a time can be divided by. */
function isPositive({ timing: { wall, device } }: Timed): boolean {
  return wall.length > 0 && median(wall) > 0 && (device.length === 0 || median(device) > 0);
}

function compareTimes(
  before: Timed,
  after: Timed,
  references: readonly (ImplementationResult | undefined)[] | undefined,
): Pick<Compared, "clock" | "ratio" | "samples"> | undefined {
  if (references === undefined) {
    const clock = commonClock([before.timing, after.timing]);
    const samples = [before, after].map(({ timing }) => timing[clock].length);
    return {
      clock,
      ratio: estimateRatio(after.timing[clock], before.timing[clock]),
      samples: Math.min(...samples),
    };
  }
  const [earlier, later] = references;
  if (earlier?.status !== "timed" || later?.status !== "timed") return undefined;
  if (!isPositive(earlier) || !isPositive(later)) return undefined;
  const all = [before, after, earlier, later];
  const clock = commonClock(all.map(({ timing }) => timing));
  return {
    clock,
    ratio: divide(
      estimateRatio(after.timing[clock], later.timing[clock]),
      estimateRatio(before.timing[clock], earlier.timing[clock]),
    ),
    samples: Math.min(...all.map(({ timing }) => timing[clock].length)),
  };
}

/** What is timed in `here` and has no time in `there`. */
function unmatched(
  here: ReadonlyMap<string, CaseResult>,
  there: ReadonlyMap<string, CaseResult>,
  relativeTo: string | undefined,
): Unmatched[] {
  return [...here].flatMap(([name, item]) =>
    timedOf(item).flatMap(({ implementation }) => {
      const other = there.get(name);
      const entry = other && find(other, implementation);
      if (entry?.status === "timed" || implementation === relativeTo) return [];
      return [{ name, implementation, reason: reasonOf(other, entry) }];
    }),
  );
}

function reasonOf(item: CaseResult | undefined, entry: ImplementationResult | undefined): string {
  if (item === undefined) return "the other run has no such case";
  if (entry === undefined) return "the other run did not try it";
  if (entry.status === "skipped") return `skipped in the other run: ${entry.reason}`;
  if (entry.status === "wrong") return "wrong in the other run";
  return "the other run's clock saw no time";
}
