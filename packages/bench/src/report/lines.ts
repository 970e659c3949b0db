import { counted } from "../analysis/format.ts";
import { GAPS, type LogAxis, logAxis, unitLabels, valueAxis } from "./axes.ts";
import type { ComparedImplementation } from "./data.ts";
import type { Layer, Panel } from "./figure.ts";

/** A point of an implementation's line. */
export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** Label of an implementation. */
  readonly series: string;
  /** Shown when pointed at. */
  readonly text: string;
}

interface LinePanel {
  readonly title: string;
  readonly description: string;
  readonly points: readonly LinePoint[];
  readonly compared: readonly ComparedImplementation[];
  readonly x: { readonly title: string; readonly axis: LogAxis; readonly labels: string };
  readonly y: { readonly title: string; readonly axis: LogAxis; readonly unit: string };
}

/** A panel with one line for each implementation, both axes logarithmic. */
export function linePanel({ title, description, points, compared, x, y }: LinePanel): Panel {
  const shown = compared.filter(({ label }) => points.some(({ series }) => series === label));
  const domain = shown.map(({ label }) => label);
  const channel = (range: readonly unknown[], legend: object = {}): object => ({
    field: "series",
    type: "nominal",
    scale: { domain, range: [...range] },
    ...legend,
  });
  const longest = Math.max(...domain.map((label) => label.length), 1);
  const columns = Math.max(1, Math.min(4, Math.floor(60 / (longest + 6))));
  const encoding = {
    x: {
      field: "x",
      type: "quantitative",
      scale: { type: "log", domain: [...x.axis.domain], nice: false },
      axis: { title: x.title, values: [...x.axis.ticks], labelExpr: x.labels, labelOverlap: false },
    },
    y: {
      field: "y",
      type: "quantitative",
      scale: { type: "log", domain: [...y.axis.domain], nice: false },
      axis: {
        title: y.title,
        values: [...y.axis.ticks],
        labelExpr: unitLabels(y.unit),
        labelOverlap: false,
      },
    },
    color: channel(
      shown.map((one) => one.colour),
      { legend: { columns } },
    ),
  };
  const layers = [
    {
      data: { values: [...points] },
      mark: { type: "line", strokeWidth: 1.75, aria: false },
      encoding: {
        ...encoding,
        strokeDash: channel(
          shown.map(({ dash }) => [...dash]),
          { legend: null },
        ),
      },
    },
    {
      data: { values: [...points] },
      mark: { type: "point", filled: true, size: 32, opacity: 1 },
      encoding: {
        ...encoding,
        shape: channel(shown.map(({ shape }) => shape)),
        description: { field: "text", type: "nominal" },
      },
    },
  ];
  return {
    title,
    description: `${description} ${counted(shown.length, "line")}: ${domain.join(", ")}.`,
    plotHeight: 230,
    left: 66,
    right: 18,
    legendRows: Math.ceil(shown.length / columns),
    layers: layers as Layer[],
  };
}

/**
 * Axes that hold the points of several panels.
 *
 * @param atValues whether the values of `x` are worth labels, as batch sizes are
 */
export function lineAxes(
  points: readonly LinePoint[],
  atValues: boolean,
): { x: LogAxis; y: LogAxis } {
  return {
    x: (atValues ? valueAxis : logAxis)(
      points.map(({ x }) => x),
      GAPS.horizontal,
    ),
    y: logAxis(
      points.map(({ y }) => y),
      GAPS.vertical,
    ),
  };
}
