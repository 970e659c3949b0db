import { readFileSync } from "node:fs";
import { times } from "@papilio/bench/analysis";
import type { TrafficResults } from "@papilio/bench/traffic";
import { ascending, median } from "@papilio/butterfly/numeric";
import { table } from "./table.ts";

type Row = TrafficResults["rows"][number];
type Counted = Exclude<Row, { readonly skipped: string }>;

/** Figures of a row, by their heads in tables. */
const FIGURES: readonly (readonly [head: string, figure: (row: Counted) => number])[] = [
  ["memory", (row) => row.memory / row.least],
  ["workgroups", (row) => row.workgroups / row.least],
  ["overfetch", (row) => row.workgroups / row.needed],
  ["per access", (row) => row.accesses / row.asked],
];
/** What the fused kernel is to stay within, and the size from which on a sector can be filled. */
const GOAL = 1.1;
const FILLS = 16;

/** What the page of bytes moved includes: tables of what `papilio bench-traffic --json` wrote. */
export function trafficPart(file: string): string {
  const { command, rows, workgroups } = JSON.parse(readFileSync(file, "utf8")) as TrafficResults;
  const counted = rows.filter((row): row is Counted => !("skipped" in row));
  return [
    `By \`${command}\`; of each dispatch ${workgroups} workgroups were traced, or more where they are small.`,
    goalOf(counted),
    "## All implementations",
    "The median over the patterns, and the most in brackets.",
    overview(counted),
    "## By pattern",
    ...[...Map.groupBy(counted, ({ layout, dtype }) => `${dtype}, ${layout}`)].flatMap(
      ([name, own]) => [`### ${name}`, byPattern(own)],
    ),
    ...skipped(rows),
  ].join("\n\n");
}

/** Whether the fused kernel stays within the goal, and where it does not. */
function goalOf(rows: readonly Counted[]): string {
  const own = rows.filter(({ implementation, chain, batch }) => {
    const [, b = 0, c = 0, d = 0] = chain.split(",").map(Number);
    return implementation === "kronecker-sparse" && Math.min(b * d, c * d, batch) >= FILLS;
  });
  const sentences = [
    ["memory", "between memory and caches"] as const,
    ["overfetch", "into its workgroups"] as const,
    ["per access", "in each access of a subgroup"] as const,
  ].map(([name, where]) => {
    const [, figure] = FIGURES.find(([head]) => head === name) as (typeof FIGURES)[number];
    const over = own.filter((row) => figure(row) > GOAL);
    const most = Math.max(...own.map(figure));
    return `${where}, ${own.length - over.length} of ${own.length} cases are within ${times(GOAL)} of the least (the most is ${times(most)}${over.length === 0 ? "" : `, of ${[...new Set(over.map(({ chain }) => chain))].join("; ")}`})`;
  });
  const again = ascending(own.map((row) => row.workgroups / row.least));
  return `Of the fused kernel, where b d, c d and the batch are at least ${FILLS}: ${sentences.join("; ")}. With what its tiles read again, workgroups fetch ${times(median(again))} of the least in the median, and ${times(again.at(-1))} at the most.`;
}

function overview(rows: readonly Counted[]): string {
  const groups = Map.groupBy(rows, ({ implementation, layout, dtype }) =>
    [implementation, dtype, layout].join(" | "),
  );
  const body = [...groups]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, own]) => [
      ...name.split(" | "),
      ...FIGURES.map(([, figure]) => {
        const values = ascending(own.map(figure));
        return `${times(median(values))} (${times(values.at(-1))})`;
      }),
    ]);
  return table(["implementation", "dtype", "layout", ...FIGURES.map(([head]) => head)], body);
}

/** A row for each pattern: what moves between memory and caches, and the overfetch of workgroups. */
function byPattern(rows: readonly Counted[]): string {
  const implementations = [...new Set(rows.map(({ implementation }) => implementation))];
  const body = [...Map.groupBy(rows, ({ chain }) => chain)].map(([chain, own]) => [
    chain,
    ...implementations.map((name) => {
      const row = own.find(({ implementation }) => implementation === name);
      if (row === undefined) return "-";
      return `${times(row.memory / row.least)}, ${times(row.workgroups / row.needed)}`;
    }),
  ]);
  return table(["memory, overfetch", ...implementations], body);
}

function skipped(rows: readonly Row[]): string[] {
  const without = rows.filter((row) => "skipped" in row);
  if (without.length === 0) return [];
  const names = new Set(
    without.map(({ chain, implementation }) => `${implementation} of ${chain}`),
  );
  return [`Not counted, because a buffer would have more than a GiB: ${[...names].join("; ")}.`];
}
