import { counted, percent } from "../../analysis/format.ts";
import type { Ranked } from "../../analysis/summarize.ts";
import { BOX_LEGEND, type BoxRow, boxOf, boxPanel } from "../boxes.ts";
import type { Facet, ReportData } from "../data.ts";
import type { Sketch } from "../figure.ts";
import { colour } from "../theme.ts";

const NAME = { name: "rewriting", title: "Share of memory rewriting" } as const;

const KINDS = [
  { kind: "of the time", colour: colour("blue"), share: (item: Ranked) => item.rewriting },
  { kind: "of the bytes", colour: colour("amber"), share: (item: Ranked) => item.rewritingBytes },
] as const;

/** How much of its time and of its bytes each implementation spends on shuffles. */
export function rewritingFigure(data: ReportData): Sketch {
  const panels = data.facets.flatMap((facet) => {
    const rows = rowsOf(data, facet);
    if (rows.length === 0) return [];
    return [
      boxPanel({
        title: facet.label,
        description: `Share of memory rewriting in ${counted(facet.cases.length, "case")}, medians: ${rows.map(({ row, kind, text }) => `${row} ${text} ${kind}`).join(", ")}.`,
        rows,
        axis: {
          title: `share ${rows.every(({ kind }) => kind === KINDS[0].kind) ? "of the time " : ""}that only rearranges memory`,
          labels: "format(datum.value, '.0%')",
        },
        mark: 0.5,
      }),
    ];
  });
  if (panels.length === 0) {
    return { ...NAME, omitted: "No implementation that rewrites memory was timed by parts." };
  }
  return {
    ...NAME,
    caption: `What each implementation spends on shuffling its operands, over the cases in which it does; those that are missing rewrite nothing. The dashed line is at the 50 % that arXiv 2405.15013 finds at most. ${BOX_LEGEND}`,
    panels,
  };
}

function rowsOf({ compared }: ReportData, { cases }: Facet): BoxRow[] {
  return compared.flatMap(({ name, label }) => {
    const ranked = cases.flatMap(({ ranking }) =>
      ranking.filter(({ implementation }) => implementation === name),
    );
    return KINDS.flatMap(({ kind, colour: fill, share }): BoxRow[] => {
      const shares = ranked.map(share).filter((value) => value !== undefined && value >= 0);
      if (shares.length === 0) return [];
      const box = boxOf(shares as number[]);
      return [{ ...box, row: label, kind, colour: fill, text: percent(box.median) }];
    });
  });
}
