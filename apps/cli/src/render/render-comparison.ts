import type { Compared, Comparison, Unmatched } from "@papilio/bench/analysis";
import Table from "cli-table3";

/** Longer lists are cut, with the number of those left out; `--json` has all. */
const LISTED = 20;

/** Two runs' comparison as text: what became slower first. */
export function renderComparison(comparison: Comparison): string {
  const { compared, regressions, improvements, broken, onlyBefore, onlyAfter, warnings } =
    comparison;
  const percent = `${Number((comparison.threshold * 100).toPrecision(3))} %`;
  const of = comparison.relativeTo === undefined ? "" : `, relative to ${comparison.relativeTo}`;
  const unclear = compared.filter(({ verdict }) => verdict === "unclear").length;
  const sections = [
    ...section(`Slower by more than ${percent}`, regressions, table),
    ...section(`Faster by more than ${percent}`, improvements, table),
    ...section("Right before, wrong now", broken, lines),
    ...section("Only in the run before", onlyBefore, lines),
    ...section("Only in the run after", onlyAfter, lines),
    ...section("Warnings", warnings, (items) => items.map((item) => `  ${item}`).join("\n")),
    `${compared.length} times compared${of}: ${regressions.length} slower and ${improvements.length} faster by more than ${percent}, ${unclear} unclear, ${broken.length} wrong now.`,
  ];
  return sections.join("\n\n");
}

function section<T>(
  title: string,
  items: readonly T[],
  render: (items: readonly T[]) => string,
): string[] {
  if (items.length === 0) return [];
  const more = items.length > LISTED ? `\n  and ${items.length - LISTED} more` : "";
  return [`${title}:\n${render(items.slice(0, LISTED))}${more}`];
}

function table(items: readonly Compared[]): string {
  const rows = new Table({
    head: ["case", "implementation", "after / before", "interval", "clock"],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, implementation, ratio, clock } of items) {
    const interval = `${ratio.lower.toFixed(3)} - ${ratio.upper.toFixed(3)}`;
    rows.push([name, implementation, ratio.median.toFixed(3), interval, clock]);
  }
  return rows.toString();
}

function lines(items: readonly Unmatched[]): string {
  return items
    .map(({ name, implementation, reason }) => `  ${implementation} on ${name}: ${reason}`)
    .join("\n");
}
