import { median } from "@papilio/butterfly/numeric";
import { counted, times } from "../../analysis/format.ts";
import type { Estimate } from "../../analysis/statistics.ts";
import type { CaseSummary } from "../../analysis/summarize.ts";
import { FUSED, isOurs } from "../../implementations/registry.ts";
import type { Energy } from "../../results/results.ts";
import { GAPS, logAxis, TIMES_LABELS } from "../axes.ts";
import { BOX_LEGEND, type BoxRow, boxOf, boxPanel } from "../boxes.ts";
import { isCompared, isPositive, type ReportData, rankOf } from "../data.ts";
import type { Panel, Sketch } from "../figure.ts";
import { ratioAxes, ratioPanel, ratioPoints } from "./speedup.ts";

const NAME = { name: "energy", title: "Energy" } as const;

/** Joules of each implementation relative to the fused kernel's. */
export function energyFigure(data: ReportData): Sketch {
  const { energy } = data.results.environment;
  if ("reason" in energy) return { ...NAME, omitted: `Energy was not measured: ${energy.reason}` };
  const boxes = boxPanels(data);
  const points = ratioPoints(data.summary.cases.filter(isCompared), energyOverFused);
  if (boxes.length === 0 && points.length === 0) {
    return {
      ...NAME,
      omitted: "No case has the energy of the fused kernel and of another implementation.",
    };
  }
  const againstRatio: Panel[] =
    points.length === 0
      ? []
      : [
          ratioPanel({
            title: "Thriftiest other over fused",
            description: `Energy of the thriftiest other over the fused kernel's: ${counted(points.length, "case")}, median ${times(median(points.map((point) => point.median)))}.`,
            yTitle: "joules / fused joules",
            points,
            axes: ratioAxes(points),
          }),
        ];
  return {
    ...NAME,
    caption: `Joules of one run above what the adapter takes when idle, over the fused kernel's: above 1 the fused kernel takes less. ${BOX_LEGEND} The last panel has each case with the interval that the meter's resolution and the idle power leave.`,
    panels: [...boxes, ...againstRatio],
  };
}

/**
 * The least joules of another implementation over the fused kernel's, with the interval of the
 * quotient; `median` is the quotient of the measured values. Undefined without both, or where the
 * meter cannot tell them from nothing.
 */
export function energyOverFused({ ranking }: CaseSummary): Estimate | undefined {
  const fused = ranking.find(({ implementation }) => implementation === FUSED)?.energy;
  const others = ranking
    .filter(({ implementation }) => !isOurs(implementation))
    .flatMap(({ energy }) => energy ?? [])
    .filter(({ joules }) => isPositive(joules));
  const least = others.sort((p, q) => p.joules - q.joules)[0];
  return fused && least ? quotient(least, fused) : undefined;
}

function quotient(over: Energy, under: Energy): Estimate | undefined {
  if (!isPositive(over.joules) || !isPositive(under.joules)) return undefined;
  return {
    median: over.joules / under.joules,
    lower: Math.max(0, over.lower) / under.upper,
    upper: isPositive(under.lower) ? over.upper / under.lower : Number.POSITIVE_INFINITY,
  };
}

function boxPanels({ facets, compared }: ReportData): Panel[] {
  const facetRows = facets.map(({ label, cases }) => ({
    label,
    rows: compared.flatMap((one): (BoxRow & { values: readonly number[] })[] => {
      if (one.name === FUSED) return [];
      const values = cases.flatMap((item) => {
        const [own, fused] = [rankOf(item, one.name)?.energy, rankOf(item, FUSED)?.energy];
        return own && fused ? (quotient(own, fused)?.median ?? []) : [];
      });
      if (values.length === 0) return [];
      const box = boxOf(values);
      const text = times(box.median);
      return [{ ...box, values, row: one.label, colour: one.colour, text }];
    }),
  }));
  const all = facetRows.flatMap(({ rows }) => rows.flatMap(({ values }) => values));
  const log = logAxis([1, ...all], GAPS.wide);
  return facetRows
    .filter(({ rows }) => rows.length > 0)
    .map(({ label, rows }) =>
      boxPanel({
        title: label,
        description: `Energy over the fused kernel's, medians: ${rows.map(({ row, text }) => `${row} ${text}`).join(", ")}.`,
        rows: rows.map(({ values: _, ...row }) => row),
        axis: { title: "joules / fused joules", log, labels: TIMES_LABELS },
        mark: 1,
      }),
    );
}
