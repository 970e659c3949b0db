import { caseName } from "../cases/case.ts";
import type { SkippedCase } from "../results/results.ts";
import type { ReportData } from "./data.ts";
import type { Block } from "./document.ts";
import type { Table } from "./speed-tables.ts";

/** Cases that are named for a reason to skip. */
const EXAMPLES = 3;

/** What was not measured, by reason: whole cases, and implementations in cases. */
export function skippedTables({ results }: ReportData): Block[] {
  const entries = results.cases.flatMap((item) =>
    item.results.flatMap((entry) =>
      entry.status === "skipped"
        ? [{ implementation: entry.implementation, reason: entry.reason, name: caseName(item) }]
        : [],
    ),
  );
  const byReason = Map.groupBy(entries, ({ implementation, reason }) =>
    JSON.stringify([implementation, generalized(reason)]),
  );
  const tables: Table[] = [];
  if (results.skipped.length > 0) tables.push(skippedCases(results.skipped));
  if (byReason.size > 0) {
    tables.push({
      kind: "table",
      caption: "Implementations that could not do a case",
      figures: false,
      head: ["implementation", "cases", "reason", "for example"],
      rows: [...byReason.values()]
        .toSorted((p, q) => q.length - p.length)
        .map((group) => {
          const [first] = group as [(typeof group)[0]];
          return [
            first.implementation,
            String(group.length),
            group.every(({ reason }) => reason === first.reason)
              ? first.reason
              : generalized(first.reason),
            examples(group.map(({ name }) => name)),
          ];
        }),
    });
  }
  return tables.length > 0
    ? tables
    : [{ kind: "paragraph", text: "Nothing: every implementation did every case." }];
}

function skippedCases(skipped: readonly SkippedCase[]): Table {
  const groups = Map.groupBy(skipped, ({ cause, reason }) => `${cause} ${generalized(reason)}`);
  return {
    kind: "table",
    caption: `Cases that were not run: ${skipped.length}`,
    figures: false,
    head: ["cause", "cases", "reason", "for example"],
    rows: [...groups.values()]
      .toSorted((p, q) => q.length - p.length)
      .map((group) => {
        const [first] = group as [SkippedCase];
        return [
          first.cause === "device" ? "the device" : "the time",
          String(group.length),
          group.every(({ reason }) => reason === first.reason)
            ? first.reason
            : generalized(first.reason),
          examples(group.map(caseName)),
        ];
      }),
  };
}

/** A reason without the figures of its case, so that cases with the same reason count together. */
function generalized(reason: string): string {
  return reason
    .replace(/\d+(?:,\d+){3}(?:;\d+(?:,\d+){3})*/g, "…")
    .replace(/\d+(?:[.,]\d+)*/g, (figure) => (figure.length > 2 ? "…" : figure));
}

function examples(names: readonly string[]): string {
  const more = names.length - EXAMPLES;
  return `${names.slice(0, EXAMPLES).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}
