import { median } from "@papilio/butterfly/numeric";
import * as v from "valibot";
import { requireShape } from "../arguments/checks.ts";
import { isOurs, ownerOf } from "../implementations/registry.ts";
import type { BenchResults, Environment } from "../results/results.ts";
import { counted as count, times } from "./format.ts";
import type { Estimate } from "./statistics.ts";
import { type CaseSummary, caseSummaryShape, summarizeRun } from "./summarize.ts";

/** Which side is the faster on a machine, Papilio's or the others', and by which way of multiplying. */
export interface RunVerdict {
  /** The way of the faster side that is its best in most cases. */
  readonly implementation: string;
  /** Cases in which that way is the fastest of all, and how many there are. */
  readonly fastest: number;
  readonly of: number;
  /** The best of the other side in most cases; undefined where only one side was timed. */
  readonly rival: string | undefined;
  /** Time of the other side's best over that of this side's, over the cases. */
  readonly ahead:
    | { readonly median: number; readonly least: number; readonly most: number }
    | undefined;
}

/**
 * Finds the side that is the faster in the median case, by the best of each side in each case. Where only
 * one side was timed it is that one, with the way that is the fastest in most cases.
 */
export function findVerdict(cases: readonly CaseSummary[]): RunVerdict | undefined {
  requireShape("The cases", cases, v.array(caseSummaryShape));
  const compared = cases.filter(({ speedup }) => speedup !== undefined);
  const counted = compared.length > 0 ? compared : cases;
  const ratios = compared.map(({ speedup }) => (speedup as Estimate).median);
  const areOurs = ratios.length > 0 && median(ratios) >= 1;
  const bestOf = (ours: boolean): string | undefined =>
    mostCommon(compared.map((item) => (ours ? item.ours : item.other)?.implementation));
  const first = ({ ranking }: CaseSummary): string | undefined => ranking[0]?.implementation;
  const implementation = compared.length > 0 ? bestOf(areOurs) : mostCommon(cases.map(first));
  if (implementation === undefined) return undefined;
  const ahead = ratios.map((ratio) => (areOurs ? ratio : 1 / ratio));
  return {
    implementation,
    fastest: counted.filter((item) => first(item) === implementation).length,
    of: counted.length,
    rival: bestOf(!areOurs),
    ahead:
      ahead.length === 0
        ? undefined
        : { median: median(ahead), least: Math.min(...ahead), most: Math.max(...ahead) },
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
  const { implementation, fastest, of, ahead, rival } = verdict;
  const cases = `fastest in ${fastest} of ${count(of, "case")}`;
  const lead = `The fastest way on this machine is ${ownerOf(implementation)} (${implementation}, ${cases})`;
  const than = isOurs(implementation) ? "the best of others" : "the best of Papilio's";
  const compared =
    ahead === undefined || rival === undefined
      ? "which nothing was compared with"
      : `${times(ahead.median)} as fast as ${than} in the median (${times(ahead.least)} to ${times(ahead.most)}; mostly ${ownerOf(rival)}, ${rival})`;
  return [`${lead}, ${compared}${outlookOf(results.environment)}.`];
}

/** What another adapter would change, by what was measured on software adapters. */
function outlookOf({ adapter }: Environment): string {
  if (adapter?.kind === "hardware") return "";
  if (adapter === null) return "; without an adapter, nothing else was compared";
  const gpu = "a GPU would run the adapter's ways in hardware and may change the order";
  return adapter.embedded
    ? `; Mesa's lavapipe would make the adapter's ways several times as fast, still slower than the CPU, and ${gpu}`
    : `; ${gpu}`;
}
