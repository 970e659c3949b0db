import { FUSED } from "./implementations/registry.ts";
import type { BenchResults } from "./results.ts";
import { type CaseSummary, type RunSummary, summarizeRun } from "./summarize.ts";

/** Seconds in the unit that suits them, three significant digits. */
export function formatSeconds(seconds: number): string {
  if (seconds >= 1) return `${seconds.toPrecision(3)} s`;
  if (seconds >= 1e-3) return `${(seconds * 1e3).toPrecision(3)} ms`;
  return `${(seconds * 1e6).toPrecision(3)} µs`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const factor = (value: number | undefined): string =>
  value === undefined ? "-" : `x${value.toFixed(2)}`;

/** The sentences that a run's summary amounts to, one a line, over cases with `a * d` > 1. */
export function summaryLines(summary: RunSummary): string[] {
  const { compared, fastest, medianOverProduct, medianRewriting } = summary;
  if (compared === 0) return ["No case has the fused kernel and another implementation timed."];
  const lines = [
    `The fused kernel is the fastest of all in ${fastest} of ${compared} cases with several blocks (${percent(fastest / compared)}).`,
    `Median speed-up over the best other: ${factor(summary.medianSpeedup)}.`,
  ];
  if (summary.medianSpeedupHighRatio !== undefined) {
    lines.push(
      `Median speed-up where (b+c)/(b*c) >= 1/16: ${factor(summary.medianSpeedupHighRatio)} (${summary.highRatioCases} cases).`,
    );
  }
  if (medianOverProduct !== undefined) {
    lines.push(
      `It takes ${medianOverProduct.toFixed(2)} times what bmm's product takes without its shuffles (median).`,
    );
  }
  if (medianRewriting !== undefined) {
    lines.push(`bmm spends ${percent(medianRewriting)} of its time on its shuffles (median).`);
  }
  return lines;
}

/** The columns of the table of implementations. */
export const DETAIL_HEAD: readonly string[] = [
  "case",
  "implementation",
  "median",
  "quartiles",
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
    rewriting === undefined ? "-" : percent(rewriting),
    factor(time.median / fastest),
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
export function tableRow({ name, ranking, speedup, overProduct }: CaseSummary): string[] {
  const fused = ranking.find(({ implementation }) => implementation === FUSED);
  const other = ranking.find(({ implementation }) => implementation !== FUSED);
  const rewriting = ranking.find(({ implementation }) => implementation === "bmm")?.rewriting;
  return [
    name,
    fused === undefined ? "-" : formatSeconds(fused.time.median),
    other?.implementation ?? "-",
    other === undefined ? "-" : formatSeconds(other.time.median),
    factor(speedup),
    overProduct === undefined ? "-" : overProduct.toFixed(2),
    rewriting === undefined ? "-" : percent(rewriting),
  ];
}

/** A results file as Markdown: environment, summary, losing cases, all cases. */
export function renderMarkdown(results: BenchResults): string {
  const { environment, complete, skipped } = results;
  const summary = summarizeRun(results);
  const table = (cases: readonly CaseSummary[]): string =>
    [TABLE_HEAD, TABLE_HEAD.map(() => "---"), ...cases.map(tableRow)]
      .map((cells) => `| ${cells.join(" | ")} |`)
      .join("\n");
  const wrong = results.cases.flatMap((item) =>
    item.results
      .filter(({ status }) => status === "wrong")
      .map(({ implementation }) => `- ${implementation} on ${item.pattern} x ${item.batch}`),
  );
  const sections = [
    `Adapter: ${environment.adapter.name} (${environment.adapter.kind}; ${environment.adapter.driver})`,
    `Date: ${environment.date}. Command: \`${environment.command}\`.${complete ? "" : " The run was stopped before its last case."}`,
    summaryLines(summary)
      .map((line) => `- ${line}`)
      .join("\n"),
    ...(wrong.length > 0 ? [`## Wrong results\n\n${wrong.join("\n")}`] : []),
    `## Losing cases\n\n${summary.losses.length === 0 ? "None." : table(summary.losses)}`,
    `## All cases\n\n${table(summary.cases)}`,
    ...(skipped.length > 0
      ? [`## Skipped\n\n${skipped.map((entry) => `- ${entry.case}: ${entry.reason}`).join("\n")}`]
      : []),
  ];
  return `${sections.join("\n\n")}\n`;
}
