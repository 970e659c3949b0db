import { ascending, median, quantile } from "@papilio/butterfly/numeric";
import { times } from "../../analysis/format.ts";
import type { Estimate } from "../../analysis/statistics.ts";
import type { CaseSummary } from "../../analysis/summarize.ts";
import { GAPS, type LogAxis, logAxis, TIMES_LABELS } from "../axes.ts";
import { facetLabel, isCompared, isPositive, type ReportData, timeOverFused } from "../data.ts";
import type { Layer, Panel, Sketch } from "../figure.ts";
import { colour } from "../theme.ts";

/** A case in a plot against the ratio. */
export interface RatioPoint extends Estimate {
  readonly ratio: number;
  readonly group: string;
  readonly name: string;
}

/** Colours by precision, shapes by layout. */
const LOOKS = [
  { group: "f32 batch-last", color: colour("blue"), shape: "circle" },
  { group: "f32 batch-first", color: colour("sky"), shape: "triangle-up" },
  { group: "f16 batch-last", color: colour("vermilion"), shape: "square" },
  { group: "f16 batch-first", color: colour("amber"), shape: "diamond" },
] as const;

/** Bins in which a trend takes its medians: this many for each factor of ten of the ratio. */
const BINS_PER_DECADE = 5;
/** Cases that a bin needs to be part of the trend. */
const LEAST_IN_BIN = 3;

const NAME = { name: "speedup", title: "Speed-up against the ratio (b + c) / (b·c)" } as const;

/** The paper's figure: how the speed-up grows with the share of time that rewriting takes. */
export function speedupFigure({ summary, adapterSummary }: ReportData): Sketch {
  const compared = summary.cases.filter(isCompared);
  const onAdapter = adapterSummary.cases.filter(isCompared);
  const series = [
    {
      title: "Papilio's best over the best other",
      points: ratioPoints(compared, ({ speedup }) => speedup),
    },
    // Not twice the same: where the CPU is never the best, it changes nothing.
    ...(onAdapter.length === compared.length &&
    onAdapter.every(
      ({ ours, other }, index) =>
        ours?.implementation === compared[index]?.ours?.implementation &&
        other?.implementation === compared[index]?.other?.implementation,
    )
      ? []
      : [
          {
            title: "The same on the adapter",
            points: ratioPoints(onAdapter, ({ speedup }) => speedup),
          },
        ]),
    {
      title: "Fused kernel over bmm",
      points: ratioPoints(compared, (item) => timeOverFused(item, "bmm")),
    },
  ].filter(({ points }) => points.length > 0);
  if (series.length === 0) {
    return {
      ...NAME,
      omitted:
        "No case of several blocks has both one of Papilio's and another implementation timed.",
    };
  }
  // The same axes, so that panels compare.
  const all = series.flatMap(({ points }) => points);
  const axes = ratioAxes(all);
  return {
    ...NAME,
    caption: `Time of the other over that of Papilio's: above 1 Papilio's is faster. One mark a case of several blocks, with its 95 % interval${hasTrend(all) ? "; the lines join medians of bins" : ""}. The larger the ratio, the more memory moves for each multiplication, and the more there is to gain by not rewriting it.`,
    panels: series.map(({ title, points }) =>
      ratioPanel({
        title,
        description: `${title}: ${points.length} cases, median speed-up ${times(median(points.map((point) => point.median)))}.`,
        yTitle: "speed-up (other's time / ours)",
        points,
        axes,
      }),
    ),
  };
}

/** The cases for which there is an estimate that a logarithmic axis can show. */
export function ratioPoints(
  cases: readonly CaseSummary[],
  estimate: (item: CaseSummary) => Estimate | undefined,
): RatioPoint[] {
  return cases.flatMap((item) => {
    const value = estimate(item);
    if (value === undefined || !isPositive(value.median)) return [];
    return [{ ...value, ratio: item.ratio, group: facetLabel(item.result), name: item.name }];
  });
}

/** Axes for the points and the line at 1. */
export function ratioAxes(points: readonly RatioPoint[]): { x: LogAxis; y: LogAxis } {
  // An interval may reach down to nothing; what is drawn of it ends at the axis.
  const ends = points.flatMap((point) => [
    Math.max(point.lower, point.median / 10),
    Math.min(point.upper, point.median * 10),
  ]);
  return {
    x: logAxis(
      points.map(({ ratio }) => ratio),
      GAPS.horizontal,
    ),
    y: logAxis([...ends, 1], GAPS.vertical),
  };
}

interface RatioPanel {
  readonly title: string;
  readonly description: string;
  readonly yTitle: string;
  readonly points: readonly RatioPoint[];
  readonly axes: { readonly x: LogAxis; readonly y: LogAxis };
}

/** Points against the ratio, with intervals, a line at 1, and the trend of each group. */
export function ratioPanel({ title, description, yTitle, points, axes }: RatioPanel): Panel {
  const looks = LOOKS.filter(({ group }) => points.some((point) => point.group === group));
  const groups = looks.map(({ group }) => group);
  const x = {
    field: "ratio",
    type: "quantitative",
    scale: { type: "log", domain: [...axes.x.domain], nice: false },
    axis: {
      title: "(b + c) / (b·c)",
      values: [...axes.x.ticks],
      format: "~g",
      labelOverlap: false,
    },
  };
  const y = (field: string): object => ({
    field,
    type: "quantitative",
    scale: { type: "log", domain: [...axes.y.domain], nice: false },
    axis: {
      title: yTitle,
      values: [...axes.y.ticks],
      labelExpr: TIMES_LABELS,
      labelOverlap: false,
    },
  });
  const color = {
    field: "group",
    type: "nominal",
    scale: { domain: groups, range: looks.map((look) => look.color) },
    legend: { columns: 2 },
  };
  const shape = {
    field: "group",
    type: "nominal",
    scale: { domain: groups, range: looks.map((look) => look.shape) },
  };
  const many = points.length > 150;
  const data = { values: points.map((point) => ({ ...point, label: labelOf(point) })) };
  const [bottom, top] = axes.y.domain;
  const bars = points.map(({ lower, upper, ...rest }) => ({
    ...rest,
    lower: Math.max(lower, bottom),
    upper: Math.min(upper, top),
  }));
  const trend = trendOf(points);
  const layers = [
    {
      data: { values: [{ at: 1 }] },
      mark: { type: "rule", stroke: colour("muted"), strokeDash: [4, 3], aria: false },
      encoding: { y: y("at") },
    },
    {
      data: { values: bars },
      mark: { type: "rule", opacity: many ? 0.25 : 0.6, aria: false },
      encoding: { x, y: y("lower"), y2: { field: "upper" }, color },
    },
    {
      data,
      mark: { type: "point", filled: true, size: many ? 18 : 32, opacity: many ? 0.6 : 0.9 },
      encoding: {
        x,
        y: y("median"),
        color,
        shape,
        description: { field: "label", type: "nominal" },
      },
    },
    ...(trend.length === 0
      ? []
      : [
          {
            data: { values: trend },
            mark: { type: "line", strokeWidth: 2, opacity: 0.85, aria: false },
            encoding: { x, y: y("median"), color },
          },
        ]),
  ];
  return {
    title,
    description,
    plotHeight: 250,
    left: 58,
    right: 8,
    legendRows: Math.ceil(groups.length / 2),
    layers: layers as Layer[],
  };
}

function labelOf({ name, median: value, lower, upper }: RatioPoint): string {
  return `${name}: ${times(value)} (${times(lower)} to ${times(upper)})`;
}

function hasTrend(points: readonly RatioPoint[]): boolean {
  return trendOf(points).length > 0;
}

/** For each group with enough cases, medians in bins of the ratio. */
function trendOf(
  points: readonly RatioPoint[],
): { ratio: number; median: number; group: string }[] {
  return [...Map.groupBy(points, ({ group }) => group)].flatMap(([group, members]) => {
    const bins = Map.groupBy(members, ({ ratio }) =>
      Math.round(Math.log10(ratio) * BINS_PER_DECADE),
    );
    const line = [...bins.values()]
      .filter((bin) => bin.length >= LEAST_IN_BIN)
      .map((bin) => ({
        ratio: quantile(ascending(bin.map(({ ratio }) => ratio)), 0.5),
        median: median(bin.map((point) => point.median)),
        group,
      }))
      .sort((p, q) => p.ratio - q.ratio);
    return line.length >= 3 ? line : [];
  });
}
