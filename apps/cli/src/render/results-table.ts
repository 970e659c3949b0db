import {
  type CaseSummary,
  type GroupSummary,
  outOf,
  percent,
  quantity,
  type Ranked,
  type RunSummary,
  times,
  WIDE_INTERVAL,
} from "@papilio/bench/analysis";

/** Seconds with the prefix that suits them: `1.23 ms`. */
const formatSeconds = (seconds: number | undefined): string =>
  seconds === undefined ? "-" : quantity(seconds, "s");

/**
 * What a run comes to beside its verdict, one sentence a line, over cases with `a * d` > 1.
 *
 * @param onAdapter the same without what computes on the CPU, where there is such
 */
export function summaryLines(summary: RunSummary, onAdapter?: RunSummary): string[] {
  const { all, highRatio, groups, wide } = summary;
  if (all.speedup === undefined) {
    return ["No case has one of Papilio's implementations and another one timed."];
  }
  const lines = [`${groupLine("All cases with several blocks", all)}.`];
  if (groups.length > 1) {
    lines.push(...groups.map((group) => `${groupLine(`${group.dtype} ${group.layout}`, group)}.`));
  }
  if (onAdapter?.all.speedup !== undefined) {
    lines.push(`${groupLine("Without those on the CPU", onAdapter.all)}.`);
  }
  if (highRatio.speedup !== undefined && highRatio.compared < all.compared) {
    lines.push(`${groupLine("Where (b+c)/(b*c) >= 1/16", highRatio)}.`);
  }
  if (all.overProduct !== undefined) {
    lines.push(
      `The fused kernel takes ${all.overProduct.toFixed(2)} times what bmm's product takes without its shuffles (median).`,
    );
  }
  if (all.rewriting !== undefined) {
    const bytes =
      all.rewritingBytes === undefined ? "" : ` and ${percent(all.rewritingBytes)} of its bytes`;
    lines.push(
      `bmm spends ${percent(all.rewriting)} of its time${bytes} on its shuffles (median).`,
    );
  }
  if (wide.count > 0) {
    lines.push(
      `${wide.count} of ${wide.of} medians have intervals wider than ${percent(WIDE_INTERVAL)}: more rounds, or a quieter machine, would narrow them.`,
    );
  }
  return lines;
}

function groupLine(title: string, { compared, fastest, even, speedup }: GroupSummary): string {
  const range =
    speedup === undefined
      ? ""
      : `, ${times(speedup.median)} as fast in the median (${times(speedup.least)} to ${times(speedup.most)})`;
  const equal = even === 0 ? "" : ` and as fast in ${even}`;
  return `${title}: the best of Papilio's is faster than the best other in ${outOf(fastest, compared)}${equal}${range}`;
}

/** The columns of the table of implementations. */
export const DETAIL_HEAD: readonly string[] = [
  "case",
  "implementation",
  "median",
  "95 % interval",
  "cold",
  "rewriting",
  "relative",
];

/** One row for each implementation of a case, fastest first, times relative to the fastest. */
export function detailRows(summary: CaseSummary): string[][] {
  const { name, ranking } = summary;
  const fastest = ranking[0]?.time.median ?? 0;
  return ranking.map(({ implementation, time, coldSeconds, rewriting }, place) => [
    place === 0 ? name : "",
    implementation,
    formatSeconds(time.median),
    `${formatSeconds(time.lower)} - ${formatSeconds(time.upper)}`,
    formatSeconds(coldSeconds),
    percent(rewriting),
    times(time.median / fastest),
  ]);
}

/** The columns of the table of cases. */
export const TABLE_HEAD: readonly string[] = [
  "case",
  "Papilio's best",
  "best of others",
  "speed-up",
];

/** One row of the table of cases; the names of implementations stand above their times. */
export function tableRow(summary: CaseSummary): string[] {
  const { name, ours, other, speedup } = summary;
  const cell = (ranked: Ranked | undefined): string =>
    ranked === undefined ? "-" : `${ranked.implementation}\n${formatSeconds(ranked.time.median)}`;
  return [name.replace(/ (?=f(?:32|16) )/, "\n"), cell(ours), cell(other), times(speedup?.median)];
}
