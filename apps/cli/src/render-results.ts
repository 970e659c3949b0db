import {
  type BenchResults,
  BUSY_MACHINE,
  DETAIL_HEAD,
  detailRows,
  type Environment,
  percent,
  type SkippedCase,
  shortCaseName,
  summarizeRun,
  summaryLines,
  TABLE_HEAD,
  tableRow,
} from "@papilio/bench";
import Table from "cli-table3";

/** Up to so many cases are shown with every implementation; more, with one line each. */
const DETAILED = 12;
/** Up to so many cases are shown at all, and reasons for skipping them. */
const SHOWN = 200;

/** What a run is made on, before it begins. */
export function introduction(
  { adapter: { name, kind, embedded, driver, passedOver }, load }: Environment,
  before: BenchResults | undefined,
): string {
  const lines = [`Adapter: ${name} (${kind}; ${driver})`];
  for (const other of passedOver) lines.push(`  passed over ${other.name}: ${other.reason}`);
  if (kind === "software") {
    lines.push(
      `A software adapter: these are times of the CPU, not of a GPU.${embedded ? " `papilio doctor` says what is faster." : ""}`,
    );
  }
  lines.push(...loadLines(load));
  if (before !== undefined) {
    const { cases, skipped } = before;
    lines.push(`Going on after ${cases.length} measured and ${skipped.length} skipped cases.`);
  }
  return lines.join("\n");
}

function loadLines({ busy }: Environment["load"]): string[] {
  if (busy === null || busy <= BUSY_MACHINE) return [];
  return [
    `Other programs take ${percent(busy)} of the processors' time: these times are doubtful.`,
  ];
}

/** The table of cases, what they say together, and what went wrong. */
export function renderResults(results: BenchResults): string {
  const summary = summarizeRun(results);
  const detailed = summary.cases.length <= DETAILED;
  const table = new Table({
    head: [...(detailed ? DETAIL_HEAD : TABLE_HEAD)],
    style: { head: [], border: [], compact: true },
  });
  for (const item of summary.cases.slice(0, SHOWN)) {
    table.push(...(detailed ? detailRows(item) : [tableRow(item)]));
  }
  const lines = [table.toString()];
  if (summary.cases.length > SHOWN) {
    lines.push(`${summary.cases.length - SHOWN} more cases are in the results file.`);
  }
  const onCpu = new Set(
    results.implementations.filter(({ processor }) => processor === "cpu").map(({ name }) => name),
  );
  const onAdapter =
    onCpu.size === 0 ? undefined : summarizeRun(results, (name) => !onCpu.has(name));
  lines.push("", ...summaryLines(summary, onAdapter), ...loadLines(results.environment.load));
  lines.push(...failures(results), ...skips(results.skipped));
  return lines.join("\n");
}

/** Wrong answers, and implementations that could not do a case, each reason once. */
function failures({ cases }: BenchResults): string[] {
  const wrong: string[] = [];
  const reasons = new Map<string, string[]>();
  for (const item of cases) {
    for (const entry of item.results) {
      if (entry.status === "wrong") {
        const { maxError, worstIndex, nonFinite } = entry.verification;
        wrong.push(
          `WRONG ${entry.implementation} on ${shortCaseName(item)}: error ${maxError} at element ${worstIndex}, ${nonFinite} not finite; not timed.`,
        );
      }
      if (entry.status === "skipped") {
        const reason = `${entry.implementation}: ${entry.reason}`;
        reasons.set(reason, [...(reasons.get(reason) ?? []), shortCaseName(item)]);
      }
    }
  }
  const skipped = [...reasons].map(([reason, [first, ...others]]) => {
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return `Skipped on ${first}${more}: ${reason}`;
  });
  return [...wrong, ...limited(skipped)];
}

function skips(skipped: readonly SkippedCase[]): string[] {
  const lines = skipped.map((entry) => `Skipped ${shortCaseName(entry)}: ${entry.reason}`);
  return skipped.length <= DETAILED
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
  const shown = lines.slice(0, DETAILED);
  return lines.length === shown.length
    ? shown
    : [...shown, `${lines.length - shown.length} more such lines are in the results file.`];
}
