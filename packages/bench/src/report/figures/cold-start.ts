import { quantity } from "../../analysis/format.ts";
import { GAPS, logAxis, unitLabels } from "../axes.ts";
import { BOX_LEGEND, type BoxRow, boxOf, boxPanel } from "../boxes.ts";
import { isPositive, type ReportData, rankOf } from "../data.ts";
import type { Sketch } from "../figure.ts";

const NAME = { name: "cold-start", title: "Cold start" } as const;

/** Time until the first result. */
export function coldStartFigure({ summary, compared }: ReportData): Sketch {
  const groups = compared
    .map((one) => ({
      one,
      seconds: summary.cases.map((item) => rankOf(item, one.name)?.coldSeconds).filter(isPositive),
    }))
    .filter(({ seconds }) => seconds.length > 0);
  if (groups.length === 0) return { ...NAME, omitted: "No case was timed." };
  const rows = groups.map(({ one: { label, colour }, seconds }): BoxRow => {
    const box = boxOf(seconds);
    return { ...box, row: label, colour, text: quantity(box.median, "s") };
  });
  return {
    ...NAME,
    caption: `Preparation, compilation and the first run, all cases together. ${BOX_LEGEND}`,
    panels: [
      boxPanel({
        title: "all cases",
        description: `Time until the first result, medians: ${rows.map(({ row, text }) => `${row} ${text}`).join(", ")}.`,
        rows,
        axis: {
          title: "time until the first result",
          log: logAxis(
            groups.flatMap(({ seconds }) => seconds),
            GAPS.wide,
          ),
          labels: unitLabels("s"),
        },
      }),
    ],
  };
}
