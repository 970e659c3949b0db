import { median } from "@papilio/butterfly/numeric";
import { counted, times } from "../../analysis/format.ts";
import type { CaseSummary, Ranked } from "../../analysis/summarize.ts";
import { GAPS, logAxis, TIMES_LABELS } from "../axes.ts";
import { BOX_LEGEND, type BoxRow, boxOf, boxPanel } from "../boxes.ts";
import { isPositive, type ReportData } from "../data.ts";
import type { Sketch } from "../figure.ts";

const NAME = {
  name: "relative-time",
  title: "Time of each implementation over the fastest",
} as const;

/** Boxplots of each implementation's time over the fastest of its case. */
export function relativeTimeFigure({ facets, compared }: ReportData): Sketch {
  const values = facets.map(({ cases }) => relativeTimes(cases));
  const medians = new Map(
    compared.map(({ name }) => {
      const all = values.flatMap((facet) => facet.get(name) ?? []);
      return [name, all.length === 0 ? Number.POSITIVE_INFINITY : median(all)];
    }),
  );
  const all = values.flatMap((facet) => [...facet.values()].flat());
  if (all.length === 0) {
    return { ...NAME, omitted: "No case has two implementations timed." };
  }
  const sorted = compared.toSorted(
    (p, q) => (medians.get(p.name) as number) - (medians.get(q.name) as number),
  );
  const log = logAxis(all, GAPS.wide);
  return {
    ...NAME,
    caption: `The fastest of a case is at 1. ${BOX_LEGEND} The best in the median over all cases is at the top.`,
    panels: facets.flatMap(({ label, cases }, index) => {
      const facet = values[index] as ReadonlyMap<string, readonly number[]>;
      const rows = sorted.flatMap((one): BoxRow[] => {
        const relative = facet.get(one.name);
        if (relative === undefined) return [];
        const box = boxOf(relative);
        return [{ ...box, row: rowLabel(one), colour: one.colour, text: times(box.median) }];
      });
      if (rows.length === 0) return [];
      return [
        boxPanel({
          title: label,
          description: `Time over the fastest for ${counted(rows.length, "implementation")} in ${counted(cases.length, "case")}, medians: ${rows.map(({ row, text }) => `${row} ${text}`).join(", ")}.`,
          rows,
          axis: { title: "time / fastest time", log, labels: TIMES_LABELS },
          mark: 1,
        }),
      ];
    }),
  };
}

function rowLabel({ label, processor }: { label: string; processor: string }): string {
  return processor === "cpu" ? `${label} (CPU)` : label;
}

/** For each implementation, its time over the fastest's in each case that has two or more. */
function relativeTimes(cases: readonly CaseSummary[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { ranking } of cases) {
    if (ranking.length < 2) continue;
    const fastest = ranking[0] as Ranked;
    for (const item of ranking) {
      const value = item.time.median / fastest.time.median;
      if (!isPositive(value)) continue;
      const list = found.get(item.implementation);
      if (list === undefined) found.set(item.implementation, [value]);
      else list.push(value);
    }
  }
  return found;
}
