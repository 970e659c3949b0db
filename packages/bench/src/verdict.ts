import { counted, times } from "./format.ts";
import { isOurs, ownerOf } from "./implementations/registry.ts";
import type { BenchResults, Environment } from "./results.ts";
import { median } from "./statistics.ts";
import { type CaseSummary, summarizeRun } from "./summarize.ts";

/** Which way of multiplying is the fastest on a machine, over all cases that compare ours with others. */
export interface RunVerdict {
  readonly implementation: string;
  /** Cases in which it is the fastest of all, and how many there are. */
  readonly fastest: number;
  readonly of: number;
  /** Time of the best of the other side over its own; undefined where it never met the other side. */
  readonly ahead:
    | { readonly median: number; readonly least: number; readonly most: number }
    | undefined;
  /** The one of the other side that is the best most often. */
  readonly best: string | undefined;
}

/**
 * Finds the way that is the fastest in most cases, and compares it with the best of the other side: one of
 * Papilio's with the best of the others, one of theirs with the best of ours.
 */
export function findVerdict(cases: readonly CaseSummary[]): RunVerdict | undefined {
  const timed = cases.filter(({ ranking }) => ranking.length > 0);
  const implementation = mostCommon(timed.map(({ ranking }) => ranking[0]?.implementation));
  if (implementation === undefined) return undefined;
  const met = timed.flatMap(({ ranking, ours, other }) => {
    const own = ranking.find((entry) => entry.implementation === implementation);
    const rival = isOurs(implementation) ? other : ours;
    return own === undefined || rival === undefined ? [] : [{ own, rival }];
  });
  const ratios = met.map(({ own, rival }) => rival.time.median / own.time.median);
  return {
    implementation,
    fastest: timed.filter(({ ranking }) => ranking[0]?.implementation === implementation).length,
    of: timed.length,
    ahead:
      ratios.length === 0
        ? undefined
        : { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
    best: mostCommon(met.map(({ rival }) => rival.implementation)),
  };
}

function mostCommon(names: readonly (string | undefined)[]): string | undefined {
  const groups = Map.groupBy(
    names.filter((name) => name !== undefined),
    (name) => name,
  );
  return [...groups.values()].sort((p, q) => q.length - p.length)[0]?.[0];
}

/**
 * The verdict of a run in one sentence: the fastest way on this machine, whose it is, how much faster than
 * the best of the other side, and what a GPU or lavapipe would change. Nothing where nothing was timed.
 */
export function verdictOf(results: BenchResults): string[] {
  const verdict = findVerdict(summarizeRun(results).cases);
  if (verdict === undefined) return [];
  const { implementation, fastest, of, ahead, best } = verdict;
  const cases = `fastest in ${fastest} of ${counted(of, "case")}`;
  const lead = `The fastest way on this machine is ${ownerOf(implementation)} (${implementation}, ${cases})`;
  const than = isOurs(implementation) ? "the best of others" : "the best of Papilio's";
  const compared =
    ahead === undefined || best === undefined
      ? "which nothing was compared with"
      : `${times(ahead.median)} as fast as ${than} in the median (${times(ahead.least)} to ${times(ahead.most)}; mostly ${ownerOf(best)}, ${best})`;
  return [`${lead}, ${compared}${outlookOf(results.environment)}.`];
}

/** What another adapter would change, by what was measured on software adapters. */
function outlookOf({ adapter }: Environment): string {
  if (adapter.kind === "hardware") return "";
  const gpu = "a GPU would run the adapter's ways in hardware and may change the order";
  return adapter.embedded
    ? `; Mesa's lavapipe would make the adapter's ways several times as fast, still slower than the CPU, and ${gpu}`
    : `; ${gpu}`;
}
