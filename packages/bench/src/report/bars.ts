import { unitLabels } from "./axes.ts";
import type { Layer, Panel } from "./figure.ts";
import { colour } from "./theme.ts";

/** A bar from 0, or a part of one that is stacked. */
interface Bar {
  readonly row: string;
  readonly colour: string;
  readonly start: number;
  readonly end: number;
  /** Which part, where there are several to a row; all rows have the same kinds. */
  readonly kind?: string;
  /** What a reader hears, or sees on top of it: all of it in words. */
  readonly label: string;
}

/** What stands at the right of a row, and the interval around the end of its bar. */
interface BarEnd {
  readonly row: string;
  readonly text: string;
  readonly lower?: number;
  readonly upper?: number;
}

interface BarPanel {
  readonly title: string;
  readonly description: string;
  /** Rows from the top. */
  readonly bars: readonly Bar[];
  readonly ends: readonly BarEnd[];
  readonly axis: { readonly title: string; readonly unit: string };
}

/** Mean width of a letter in the label of a row, in pixels, generously. */
const LETTER = 6.4;
const ROW = 25;

/** A panel of horizontal bars on a linear axis from 0. */
export function barPanel({ title, description, bars, ends, axis }: BarPanel): Panel {
  const names = ends.map(({ row }) => row);
  const kinds = [...new Map(bars.flatMap((bar) => (bar.kind ? [[bar.kind, bar.colour]] : [])))];
  const most = Math.max(...bars.map(({ end }) => end), ...ends.map(({ upper = 0 }) => upper));
  const y = {
    field: "row",
    type: "nominal",
    scale: { domain: names, paddingInner: 0.3, paddingOuter: 0.2 },
    axis: { title: null, ticks: false, domain: false, grid: false, labelColor: colour("ink") },
  } as const;
  const x = (field: string) =>
    ({
      field,
      type: "quantitative",
      scale: { domain: [0, most], nice: false },
      axis: { title: axis.title, tickCount: 4, labelExpr: unitLabels(axis.unit) },
    }) as const;
  const color =
    kinds.length === 0
      ? ({ field: "colour", type: "nominal", scale: null } as const)
      : ({
          field: "kind",
          type: "nominal",
          scale: { domain: kinds.map(([kind]) => kind), range: kinds.map(([, fill]) => fill) },
          legend: { symbolType: "square", columns: 2 },
        } as const);
  const whiskers = ends.filter(({ upper }) => upper !== undefined);
  const layers: unknown[] = [
    {
      data: { values: bars.map((bar) => ({ ...bar })) },
      mark: { type: "bar", opacity: 1 },
      encoding: {
        y,
        x: x("start"),
        x2: { field: "end" },
        color,
        description: { field: "label", type: "nominal" },
      },
    },
    ...(whiskers.length === 0
      ? []
      : [
          {
            data: { values: whiskers.map((end) => ({ ...end })) },
            mark: { type: "rule", stroke: colour("ink"), strokeWidth: 1.5, aria: false },
            encoding: { y, x: x("lower"), x2: { field: "upper" } },
          },
        ]),
    {
      data: { values: ends.map((end) => ({ ...end })) },
      mark: { type: "text", align: "left", dx: 6, fontSize: 11, color: colour("ink"), aria: false },
      encoding: { y, x: { value: "width" }, text: { field: "text", type: "nominal" } },
    },
  ];
  const longest = Math.max(...names.map((name) => name.length), 0);
  return {
    title,
    description,
    plotHeight: names.length * ROW + 8,
    left: Math.max(48, 16 + Math.ceil(longest * LETTER)),
    right: 60,
    legendRows: Math.ceil(kinds.length / 2),
    layers: layers as Layer[],
  };
}
