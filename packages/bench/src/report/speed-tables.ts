import { outOf, percent, quantity, times } from "../analysis/format.ts";
import type { CaseSummary, GroupSummary, Ranked, RunSummary } from "../analysis/summarize.ts";
import { byFacet, facetLabel, type ReportData } from "./data.ts";
import type { Block } from "./document.ts";

/** Losing cases that are shown at once. */
const WORST = 10;

/** Losing cases beyond which a table would no longer be read. */
const MOST_LOSSES = 1000;

export type Table = Extract<Block, { kind: "table" }>;

/** Table of the groups, and once more without the CPU where it took part. */
export function groupTables({ summary, adapterSummary }: ReportData): Block[] {
  const table = (caption: string, run: RunSummary): Table => ({
    kind: "table",
    caption,
    figures: true,
    head: [
      "cases",
      "Papilio is the faster",
      "surely",
      "as fast",
      "median speed-up",
      "least",
      "most",
      "shuffles of bmm: time",
      "bytes",
    ],
    rows: [
      ...run.groups.toSorted(byFacet).map((group) => groupRow(facetLabel(group), group)),
      groupRow("all", run.all),
      groupRow("(b + c) / (b·c) ≥ 1/16", run.highRatio),
    ],
  });
  if (summary.all.compared === 0) return [];
  return adapterSummary === summary
    ? [
        table(
          "The fastest of Papilio's against the fastest other, over cases with several blocks",
          summary,
        ),
      ]
    : [
        table(
          "The fastest of Papilio's against the fastest other, those on the CPU included, over cases with several blocks",
          summary,
        ),
        table("The same among those on the adapter alone", adapterSummary),
      ];
}

function groupRow(name: string, group: GroupSummary): string[] {
  const { compared, fastest, surelyFastest, even, speedup, rewriting, rewritingBytes } = group;
  return [
    name,
    outOf(fastest, compared),
    outOf(surelyFastest, compared),
    outOf(even, compared),
    times(speedup?.median),
    times(speedup?.least),
    times(speedup?.most),
    percent(rewriting),
    percent(rewritingBytes),
  ];
}

/** The losing cases: the worst at once, all on demand. */
export function losses({ summary }: ReportData): Block[] {
  const { losses: all } = summary;
  if (summary.all.compared === 0) return [];
  if (all.length === 0) {
    return [
      {
        kind: "paragraph",
        text: "None: no other implementation is faster than Papilio's in any case compared.",
      },
    ];
  }
  const table = (caption: string, cases: readonly CaseSummary[]): Table => ({
    kind: "table",
    caption,
    figures: true,
    head: [
      "case",
      "Papilio's best",
      "its time",
      "best other",
      "its time",
      "speed-up",
      "95 % interval",
      "(b + c) / (b·c)",
    ],
    rows: cases.map(lossRow),
  });
  const shown = all.slice(0, MOST_LOSSES);
  const lost = `Another implementation is faster than all of Papilio's in ${outOf(all.length, summary.all.compared)} cases.`;
  return [
    { kind: "paragraph", text: lost },
    table(
      all.length > WORST ? `The ${WORST} worst` : "All of them, the worst first",
      all.slice(0, WORST),
    ),
    ...(all.length > WORST
      ? [
          {
            kind: "details" as const,
            summary:
              shown.length < all.length
                ? `The worst ${shown.length} of ${all.length} losing cases`
                : `All ${all.length} losing cases`,
            blocks: [table("The worst first", shown)],
          },
        ]
      : []),
  ];
}

function lossRow({ name, ours, other, speedup, ratio }: CaseSummary): string[] {
  const cells = (ranked: Ranked | undefined): [string, string] =>
    ranked === undefined ? ["-", "-"] : [ranked.implementation, quantity(ranked.time.median, "s")];
  return [
    name,
    ...cells(ours),
    ...cells(other),
    times(speedup?.median),
    speedup === undefined ? "-" : `${times(speedup.lower)} to ${times(speedup.upper)}`,
    String(Number(ratio.toPrecision(2))),
  ];
}
