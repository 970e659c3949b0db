import { BUSY_MACHINE, percent, summarizeRun, verdictOf } from "@papilio/bench/analysis";
import {
  type BenchResults,
  type Environment,
  type SkippedCase,
  shortCaseName,
} from "@papilio/bench/results";
import { wrapped } from "./columns.ts";
import { newTable } from "./new-table.ts";
import { DETAIL_HEAD, detailRows, summaryLines, TABLE_HEAD, tableRow } from "./results-table.ts";

/** Widths of the columns of the table of cases, spaces around the texts included: 80 with its lines. */
const WIDTHS = [21, 19, 25, 10];
/** Reasons for which single cases were skipped that are shown. */
const REASONS = 12;
/** Up to so many cases are shown at all, and reasons for skipping them. */
const SHOWN = 200;

/** What a run is made on, before it begins. */
export function introduction(
  { adapter, processors, load }: Environment,
  before: BenchResults | undefined,
): string {
  const lines = adapter === null ? [`No adapter: the CPU, ${processors}`] : adapterLines(adapter);
  lines.push(...loadLines(load));
  if (before !== undefined) {
    const { cases, skipped } = before;
    lines.push(`Going on after ${cases.length} measured and ${skipped.length} skipped cases.`);
  }
  return lines.join("\n");
}

function adapterLines({
  name,
  kind,
  embedded,
  driver,
  passedOver,
}: NonNullable<Environment["adapter"]>): string[] {
  return [
    `Adapter: ${name} (${kind}; ${driver})`,
    ...passedOver.map((other) => `  passed over ${other.name}: ${other.reason}`),
    ...(kind === "software"
      ? [
          `A software adapter: these are times of the CPU, not of a GPU.${embedded ? " `papilio doctor` says what is faster." : ""}`,
        ]
      : []),
  ];
}

function loadLines({ busy }: Environment["load"]): string[] {
  if (busy === null || busy <= BUSY_MACHINE) return [];
  return [
    `Other programs take ${percent(busy)} of the processors' time: these times are doubtful.`,
  ];
}

/**
 * A table of cases that fits 80 columns, what is wrong, and a verdict in a sentence; with `wide` every
 * implementation of every case, what groups of cases say together, and what was left out.
 */
export function renderResults(results: BenchResults, { wide }: { wide?: boolean } = {}): string {
  const summary = summarizeRun(results);
  const shown = summary.cases.slice(0, SHOWN);
  const more = summary.cases.length - shown.length;
  const cut = more > 0 ? [`${more} more cases are in the results file.`] : [];
  const doubts = loadLines(results.environment.load);
  if (wide) {
    const table = newTable([...DETAIL_HEAD]);
    for (const item of shown) table.push(...detailRows(item));
    const onCpu = new Set(
      results.implementations
        .filter(({ processor }) => processor === "cpu")
        .map(({ name }) => name),
    );
    const onAdapter =
      onCpu.size === 0 ? undefined : summarizeRun(results, (name) => !onCpu.has(name));
    return [
      table.toString(),
      ...cut,
      "",
      ...verdictOf(results),
      ...summaryLines(summary, onAdapter),
      ...doubts,
      ...wrongAnswers(results),
      ...limited(leftOut(results)),
      ...skips(results.skipped),
    ].join("\n");
  }
  const table = newTable([...TABLE_HEAD], WIDTHS);
  for (const item of shown) table.push(tableRow(item));
  const count = leftOut(results).length;
  const lines = [
    ...wrongAnswers(results),
    ...skips(results.skipped),
    ...doubts,
    ...(count === 0
      ? []
      : [
          `Some implementations were not timed on some cases, most because they are too slow: --wide says which and why, and shows all times.`,
        ]),
    ...verdictOf(results),
  ];
  return [table.toString(), ...cut, "", ...lines.map((line) => wrapped(line))].join("\n");
}

function wrongAnswers({ cases }: BenchResults): string[] {
  return cases.flatMap((item) =>
    item.results.flatMap((entry) => {
      if (entry.status !== "wrong") return [];
      const { maxError, worstIndex, nonFinite } = entry.verification;
      return [
        `WRONG ${entry.implementation} on ${shortCaseName(item)}: error ${maxError} at element ${worstIndex}, ${nonFinite} not finite; not timed.`,
      ];
    }),
  );
}

/** Implementations that could not do a case, or took too long, each reason once. */
function leftOut({ cases }: BenchResults): string[] {
  const reasons = new Map<string, string[]>();
  for (const item of cases) {
    for (const entry of item.results) {
      if (entry.status === "skipped") {
        const reason = `${entry.implementation}: ${entry.reason}`;
        reasons.set(reason, [...(reasons.get(reason) ?? []), shortCaseName(item)]);
      }
    }
  }
  return [...reasons].map(([reason, [first, ...others]]) => {
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `Skipped on ${first}${more}: ${reason}`;
  });
}

function skips(skipped: readonly SkippedCase[]): string[] {
  const lines = skipped.map((entry) => `Skipped ${shortCaseName(entry)}: ${entry.reason}`);
  return skipped.length <= REASONS
    ? lines
    : (["device", "budget"] as const).flatMap((cause) => {
        const some = skipped.filter((entry) => entry.cause === cause);
        const [first] = some;
        return first === undefined
          ? []
          : [
              `Skipped ${some.length} cases for which ${cause === "device" ? "the device is too small" : "the time did not suffice"}, such as ${shortCaseName(first)}: ${first.reason}`,
            ];
      });
}

function limited(lines: readonly string[]): string[] {
  const shown = lines.slice(0, REASONS);
  return lines.length === shown.length
    ? shown
    : [...shown, `${lines.length - shown.length} more such lines are in the results file.`];
}
