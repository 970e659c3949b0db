import { outOf, percent, quantity, times } from "./format.ts";
import { FUSED } from "./implementations/registry.ts";
import {
  type CaseSummary,
  type GroupSummary,
  type Ranked,
  type RunSummary,
  WIDE_INTERVAL,
} from "./summarize.ts";

/** Seconds with the prefix that suits them: `1.23 ms`. */
const formatSeconds = (seconds: number | undefined): string =>
  seconds === undefined ? "-" : quantity(seconds, "s");

/**
 * The sentences that a run's summary amounts to, one a line, over cases with `a * d` > 1.
 *
 * @param onAdapter the same without what computes beside the adapter, where there is such
 */
export function summaryLines(
  { all, highRatio, groups, wide }: RunSummary,
  onAdapter?: RunSummary,
): string[] {
  if (all.speedup === undefined) {
    return ["No case has the fused kernel and another implementation timed."];
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

function groupLine(title: string, { compared, fastest, speedup }: GroupSummary): string {
  const range =
    speedup === undefined
      ? ""
      : `, ${times(speedup.median)} the best other in the median (${times(speedup.least)} to ${times(speedup.most)})`;
  return `${title}: the fused kernel is the fastest of all in ${outOf(fastest, compared)}${range}`;
}

/** The columns of the table of implementations. */
export const DETAIL_HEAD: readonly string[] = [
  "case",
  "implementation",
  "median",
  "95 % interval",
  "wall",
  "cold",
  "rewriting",
  "relative",
];

/** One row for each implementation of a case, fastest first, times relative to the fastest. */
export function detailRows({ name, ranking }: CaseSummary): string[][] {
  const fastest = ranking[0]?.time.median ?? 0;
  return ranking.map(({ implementation, time, wall, coldSeconds, rewriting }, place) => [
    place === 0 ? name : "",
    implementation,
    formatSeconds(time.median),
    `${formatSeconds(time.lower)} - ${formatSeconds(time.upper)}`,
    formatSeconds(wall.median),
    formatSeconds(coldSeconds),
    percent(rewriting),
    times(time.median / fastest),
  ]);
}

/** The columns of the table of cases. */
export const TABLE_HEAD: readonly string[] = [
  "case",
  "fused",
  "best other",
  "its time",
  "speed-up",
  "fused / bmm's product",
  "bmm rewriting",
];

/** One row of the table of cases. */
export function tableRow({
  name,
  ranking,
  bestOther,
  speedup,
  overProduct,
}: CaseSummary): string[] {
  const find = (wanted: string | undefined): Ranked | undefined =>
    ranking.find(({ implementation }) => implementation === wanted);
  const [fused, other, bmm] = [find(FUSED), find(bestOther), find("bmm")];
  return [
    name,
    formatSeconds(fused?.time.median),
    bestOther ?? "-",
    formatSeconds(other?.time.median),
    times(speedup?.median),
    overProduct === undefined ? "-" : overProduct.toFixed(2),
    percent(bmm?.rewriting),
  ];
}
